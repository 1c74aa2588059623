"""Drugs as they behave in people: compartments, spread between patients, protein binding, each with source.

"seen" in a source means that the number was read in an abstract, label or table of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.course.regimen import Prescribable
from models.declare import Source, assumed, derived, memory, published

SERUM = 0.1  # share of serum in the medium in which potencies were measured (assumed: 10 % is usual)
HEIGHTS = (1.8, 0.12)  # body surface m2: median, coefficient of variation (assumed)
WEIGHTS = (75.0, 0.18)  # body weight kg: the same


@dataclass(frozen=True)
class Constant:
    """A number of one drug: its typical value, coefficient of variation between patients, and source."""

    value: float
    source: Source
    spread: float = 0.0


@dataclass(frozen=True)
class PatientDrug:
    """What is known of one drug in people.

    Attributes:
        drives: input of the network that carries it, nM.
        potency: by how much the input is raised per nM: 1, unless another drug stands for it.
        mass: g/mol. routes: the usual one first. largest: mg a dose.
        infused: h, by vein.
        absorption, transits, available: into the centre, see `Compartments`; None where it is given by vein.
        peripherals: (exchange, volume) of each.
        unbound: share in plasma that is not bound to protein.
        marrow: level in the marrow over that in plasma, both unbound.
        slow: binds the proteasome so that its effect is an occupancy, see `proteasome`.
    """

    name: str
    drives: str
    mass: float
    routes: tuple[str, ...]
    largest: float
    clearance: Constant
    central: Constant
    unbound: Constant
    marrow: Constant
    peripherals: tuple[tuple[Constant, Constant], ...] = ()
    absorption: Constant | None = None
    available: Constant | None = None
    transits: int = 1
    infused: float = 0.0
    potency: float = 1.0
    slow: bool = False

    def constants(self) -> dict[str, Constant]:
        """Every constant by its name."""
        found = {"clearance": self.clearance, "central": self.central, "unbound": self.unbound}
        found["marrow"] = self.marrow
        for k, (exchange, volume) in enumerate(self.peripherals, start=1):
            found |= {f"exchange {k}": exchange, f"volume {k}": volume}
        found |= {n: c for n, c in (("absorption", self.absorption), ("available", self.available)) if c}
        return found


_whole = Constant(1.0, assumed("whole: clearance and volumes are apparent ones"))
_reaches = Constant(1.0, assumed("small and not bound: the same on both sides of the sinusoids"), 0.3)
_BTZ = derived(
    "fitted to Cmax 223 ng/mL by vein and 20.4 under the skin, AUC 151 and 155 ng h/mL, clearance 18 to 28 "
    "L/h, half-life 76 to 109 h and Vss 1613 to 2213 L after repeated doses (PMC6151281, table)"
)
_VEN = "PMC11141576: CL/F 446 L a day, V2/F 114.5 L, two compartments (abstract)"
_SILT = derived("fitted to peak 332 and trough 84 ug/mL in steady state and a half-life of 22.2 days (label; "
                "PMC6800650, abstract)")  # fmt: skip

DRUGS_IN_PATIENTS: dict[str, PatientDrug] = {
    d.name: d
    for d in (
        PatientDrug(
            "bortezomib",
            "btz",
            384.24,
            ("sc", "iv"),
            5.0,
            Constant(13.8, _BTZ, 0.37),
            Constant(4.8, _BTZ, 0.4),
            Constant(0.17, published("label: 83 % bound")),
            _reaches,
            ((Constant(53.6, _BTZ), Constant(6.8, _BTZ)), (Constant(55.6, _BTZ), Constant(1599.0, _BTZ))),
            Constant(0.864, _BTZ, 0.4),
            _whole,
            slow=True,
        ),
        PatientDrug(
            "carfilzomib",
            "cfz",
            719.9,
            ("iv",),
            150.0,
            Constant(
                110.0,
                derived(
                    "fitted to Cmax 4232 and AUC 379 ng/mL of 27 mg/m2 in 6 min, Cmax 2079 and AUC 948 of 56 "
                    "mg/m2 in 30 min (label; the latter two remembered); PMC6151281 has 659 L/h at 20 mg/m2"
                ),
                0.3,
            ),
            Constant(3.5, derived("the same fit; its terminal half-life of 0.66 h is not kept"), 0.45),
            Constant(0.03, memory("97 % bound")),
            _reaches,
            infused=0.1,
            slow=True,
        ),
        PatientDrug(
            "dexamethasone",
            "dex",
            392.46,
            ("po",),
            80.0,
            Constant(
                15.0,
                derived("AUC 1314 to 1342 ng h/mL of 20 mg by mouth in 36 people (2020, abstract)"),
                0.35,
            ),
            Constant(72.0, derived("half-life 4.0 h and Cmax 244 to 257 ng/mL there"), 0.25),
            Constant(0.23, published("77 % bound (label)")),
            _reaches,
            (),
            Constant(2.3, derived("Cmax at 1 to 1.5 h there"), 0.5),
            _whole,
        ),
        PatientDrug(
            "lenalidomide",
            "len",
            259.26,
            ("po",),
            50.0,
            Constant(11.7, derived("AUC 852 ng h/mL of 10 mg (Blood 2006 108:4854, abstract)"), 0.32),
            Constant(55.8, derived("half-life 3.7 h and Cmax 168 to 188 ng/mL there"), 0.25),
            Constant(0.77, published("23 % bound in myeloma, 29 % in healthy people (review)")),
            _reaches,
            (),
            Constant(8.7, derived("Cmax at 0.75 to 1 h; three transits: doi 10.1007/s00280-016-3228-y"), 0.4),
            _whole,
            transits=3,
        ),
        PatientDrug(
            "venetoclax",
            "ven",
            868.44,
            ("po",),
            1200.0,
            Constant(446 / 24, published(_VEN), 0.395),
            Constant(114.5, published(_VEN), 0.467),
            Constant(0.005, derived("below 0.01 (label); half of the bound taken")),
            _reaches,
            (
                (
                    Constant(2.28, derived("half-life 26 h (label)")),
                    Constant(74.7, derived("half-life 26 h (label)")),
                ),
            ),
            Constant(0.152, derived("peak 5 to 8 h after the dose (label)"), 0.3),
            _whole,
        ),
        PatientDrug(
            "ruxolitinib",
            "rux",
            306.37,
            ("po",),
            200.0,
            Constant(20.0, memory("17.7 L/h in women, 22.1 in men"), 0.39),
            Constant(58.0, derived("with the second compartment 72 L (label)"), 0.28),
            Constant(0.03, published("97 % bound to albumin (PMC10064968, abstract)")),
            _reaches,
            ((Constant(2.5, memory("second compartment")), Constant(14.0, derived("72 L in all (label)"))),),
            Constant(4.0, memory("peak within 1 h"), 0.5),
            Constant(0.95, published("PMC10064968, abstract")),
        ),
        PatientDrug(
            "siltuximab",
            "silt",
            145_000.0,
            ("iv",),
            2000.0,
            Constant(4.3 * 70 / 24_000, published("4.03 to 4.59 mL/day/kg (label), of 70 kg"), 0.5),
            Constant(3.1, _SILT, 0.25),
            Constant(1.0, assumed("an antibody: not bound to albumin")),
            Constant(0.3, assumed("antibodies reach a third of the plasma's level in tissue"), 0.5),
            ((Constant(0.222, _SILT), Constant(6.3, _SILT)),),
            infused=1.0,
        ),
        PatientDrug(
            "melphalan",
            "melph",
            305.2,
            ("po",),
            60.0,
            Constant(27.8, published("PMC2856049, abstract"), 0.34),
            Constant(40.0, published("label: 40 (sd 18) L"), 0.4),
            Constant(0.22, derived("total over unbound clearance 27.8/128 (PMC2856049, abstract)")),
            _reaches,
            (),
            Constant(2.5, derived("peak 1.1 h after the dose (Ehrsson 1989, abstract)"), 0.5),
            Constant(0.56, published("25 to 89 %, 56 on average (Alberts 1979, abstract)"), 0.4),
        ),
        PatientDrug(
            "prednisone",
            "dex",
            358.43,
            ("po",),
            200.0,
            Constant(10.0, memory("prednisolone, total, at tens of mg"), 0.3),
            Constant(45.0, memory("prednisolone"), 0.25),
            Constant(0.25, memory("prednisolone at high doses")),
            _reaches,
            (),
            Constant(1.5, memory("peak at 1 to 2 h"), 0.5),
            Constant(0.8, memory("as prednisolone"), 0.2),
            potency=1 / 6.0,  # weight for weight 5 mg are 0.75 mg of dexamethasone, 6.7-fold (pharmacopoeias)
        ),
    )
}


def prescribable() -> dict[str, Prescribable]:
    """What the reader of regimens knows, by every name of the catalogue in lower case."""
    from models.drugs import drug

    found: dict[str, Prescribable] = {}
    for d in DRUGS_IN_PATIENTS.values():
        entry = Prescribable(d.name, d.routes, d.largest)
        try:
            names = (d.name, *drug(d.name).aliases)
        except KeyError:
            names = (d.name,)
        found |= {n.lower(): entry for n in names if " " not in n}
    return found
