"""What is measured: each observable as an expression of the model, with its scale, offset and noise.

Expressions name species and derived quantities of the network, so that they can be compiled, exported and
printed; the observable tables of our studies are written from them, term by term in the order declared here.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import sympy as sp

from models.declare import Belief, fixed, half_normal, log_normal
from models.drugs import DRUGS
from models.network import Network

ARITHMETIC: dict[type[ast.operator], Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Noise:
    """How measurements scatter.

    `log_normal`: ln y ~ Normal(ln(offset + scale h), sd); `log_student_t`: the same with Student's t of 4
    degrees of freedom, for blots with outliers; `additive`: y ~ Normal(h, sd + share h). `belief` is the
    prior of `sd` where it is estimated. `floor` is the value below which a measurement is only known to be
    lower (left-censored).
    """

    kind: Literal["log_normal", "log_student_t", "additive"]
    sd: float
    share: float = 0.0
    belief: Belief = fixed
    floor: float | None = None


@dataclass(frozen=True)
class Observable:
    """A read-out: `text` of species and derived quantities in `unit`, with what a blot or an assay puts on
    top.

    `scale` None: arbitrary units, one free scale a gel and antibody, shared by its lanes, with prior
    `scale_belief`
    on ln; a number: absolute. `offset` None: none; otherwise the prior of the blank as a share of the
    maximum.
    `relative_to_vehicle`: the value is divided by that of the untreated dish of the same niche.
    """

    name: str
    title: str
    text: str
    unit: str
    noise: Noise
    scale: float | None = None
    scale_belief: Belief = fixed
    offset: Belief | None = None
    relative_to_vehicle: bool = False

    @property
    def formula(self) -> sp.Expr:
        """`text` as an expression of symbols."""
        return _expression(ast.parse(self.text, mode="eval").body)

    def seen(self, *, scale: str = "", blank: str = "", per: str = "") -> str:
        """`text` as an instrument shows it: `scale * (text + blank) / per`, without what is not given."""
        inside = f"{self.text} + {blank}" if blank else self.text
        if scale or per:
            inside = inside if inside.isidentifier() else f"({inside})"
        return (f"{scale} * " if scale else "") + inside + (f" / {per}" if per else "")


def _expression(node: ast.expr) -> sp.Expr:
    match node:
        case ast.Name(id=name):
            return sp.Symbol(name)
        case ast.Constant(value=int() | float() as value):
            return sp.sympify(value)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            return ARITHMETIC[type(op)](_expression(left), _expression(right))
    raise ValueError(f"{ast.unparse(node)!r}: a read-out is made of names, numbers and + - * / alone")


_gel = log_normal(2.0)  # a scale in arbitrary units: e-fold uncertain twice over
_blank = log_normal(1.0)  # centred on a tenth of the maximum of the gel


def _blot(name: str, title: str, text: str, sd: float = 0.2, offset: bool = False) -> Observable:
    noise = Noise("log_student_t", sd, belief=half_normal(0.3))
    return Observable(name, title, text, "a.u.", noise, None, _gel, _blank if offset else None)


TOTAL_IKBA = ("IkB", "IkBn", "C", "Cn")  # free and bound to NF-kB, in the cytosol and in the nucleus
MTT_DEAD = 0.2  # share of a dead cell that MTT still sees (assumed)


def _listed() -> tuple[Observable, ...]:  # long: one entry a read-out
    log_normal_ = lambda sd, floor=None: Noise("log_normal", sd, belief=half_normal(0.3), floor=floor)  # noqa: E731
    return (
        _blot("pSTAT3", "pSTAT3, blot or Luminex", "pS", 0.2, offset=True),
        _blot("receptor", "active receptor, blot of phosphorylated gp130", "RA", 0.2, offset=True),
        _blot("receptors", "receptors, binding sites", "R + RA"),
        _blot("STAT3", "total STAT3, the loading control", "1", 0.15),
        _blot("SOCS3", "SOCS3, blot", "SOCS3", 0.2, offset=True),
        Observable("SOCS3_mRNA", "SOCS3 mRNA, qPCR", "mSOCS3", "fold", log_normal_(0.15), None, _gel),
        _blot("pAkt", "pAkt, blot", "pAkt", offset=True),
        _blot("pMEK", "pMEK, blot", "pMEK", offset=True),
        _blot("pERK", "pERK, blot", "pERK", offset=True),
        _blot("pp38", "phospho-p38, blot", "pp38", offset=True),
        _blot("IkBa", "total IkBa, blot", " + ".join(TOTAL_IKBA)),
        _blot(
            "pIkBa",
            "phosphorylated IkBa, Luminex: the rate of its loss, which the IKK inhibitor slows",
            "IKKa * (IkB + C) / (1 + ikki / IC_ikki)",
            offset=True,
        ),
        _blot("NFkB_nuclear", "free nuclear NF-kB, EMSA", "NFn", 0.25, offset=True),
        _blot("p65_nuclear", "nuclear p65, free and bound, ELISA", "NFn + Cn", 0.25, offset=True),
        Observable(
            "NFkB_ratio",
            "nuclear over cytosolic NF-kB, imaging",
            "Kv * (NFn + Cn) / (C + NFc)",
            "1",
            log_normal_(0.15),
            1.0,
        ),
        Observable(
            "IL6_ELISA", "IL-6 in the medium, ELISA", "1000 * IL6", "pg/mL", log_normal_(0.12, 2.0), 1.0
        ),
        Observable(
            "VEGF_ELISA", "VEGF in the medium, ELISA", "1000 * VEGF", "pg/mL", log_normal_(0.12, 10.0), 1.0
        ),
        Observable("IL6_medium", "IL-6 in the medium", "IL6", "ng/mL", log_normal_(0.12), 1.0),
        Observable("VEGF_medium", "VEGF in the medium", "VEGF", "ng/mL", log_normal_(0.12), 1.0),
        Observable("IL6_mRNA", "IL-6 mRNA, qPCR", "mIL6", "fold", log_normal_(0.2), None, _gel),
        Observable("IkBa_mRNA", "IkBa mRNA, qPCR", "mIkB", "fold", log_normal_(0.2), None, _gel),
        _blot("MCL1", "MCL-1, blot", "MCL1"),
        _blot("BCLXL", "BCL-XL, blot", "BCLXL"),
        _blot("BCL2", "BCL-2, blot", "BCL2"),
        _blot("MYC", "c-Myc, blot", "MYC"),
        Observable(
            "viability_CTG",
            "viability by ATP (CTG)",
            "N",
            "fraction",
            Noise("additive", 0.03, 0.07, floor=0.01),
            1.0,
            relative_to_vehicle=True,
        ),
        Observable(
            "viability_MTT",
            "viability by MTT, which sees some dying cells",
            f"N + {MTT_DEAD} * D",
            "fraction",
            Noise("additive", 0.05, 0.08),
            1.0,
            relative_to_vehicle=True,
        ),
        Observable(
            "annexin_V",
            "annexin-V-positive share",
            "(CASP * N + D) / (N + D)",
            "fraction",
            Noise("additive", 0.04),
            1.0,
            offset=log_normal(0.3),
        ),
        Observable(
            "thymidine",
            "thymidine or BrdU uptake",
            "g_N",
            "fold of control",
            log_normal_(0.15),
            1.0,
            relative_to_vehicle=True,
        ),
        Observable("count", "cell count", "N", "1e6/mL", log_normal_(0.1), 1.0),
        Observable("CTX", "CTX or TRAP, osteoclast activity", "OC", "a.u.", log_normal_(0.25), None, _gel),
        Observable("bone_volume", "bone volume, micro-CT", "Z", "%", log_normal_(0.05), 1.0),
    )


OBSERVABLES: dict[str, Observable] = {o.name: o for o in _listed()}


def available(network: Network) -> tuple[Observable, ...]:
    """The observables that the network computes, of its species, parameters, derived quantities and doses
    of drugs, none of them held.
    """
    doses = [u for u in network.inputs if u.name in {d.input for d in DRUGS.values()}]
    own = {q.symbol for q in (*network.species, *network.parameters, *network.derived, *doses)}
    return tuple(o for o in OBSERVABLES.values() if not o.formula.free_symbols - own)
