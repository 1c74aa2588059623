"""The read-outs: which dishes each needs, what is looked at in them, and the one number that comes out.

Every one is a natural logarithm, larger = more gets through, so that its slope with respect to a ln parameter
is an elasticity and effects on different read-outs can be set side by side. Another one is another `Readout`
here, or an object of a caller's own wherever a name is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from inference.resistance.conditions import ALONE, WITH_IL6, Condition
from models.drugs import Drug

Doses = tuple[tuple[Drug, float], ...]  # drug, nM
Dishes = Sequence[tuple[Doses, Condition]]
DECADES = np.linspace(-1.5, 1.5, 7)  # doses of a curve, in powers of ten around the dose of the question
AREA_TIMES = np.arange(0.0, 121.0, 2.0)  # min; pSTAT3 changes over tens of minutes


@dataclass(frozen=True)
class ReadoutWords:
    """How rankings of a read-out are titled and read.

    Attributes:
        title: of a ranking.
        more, less: what raising a parameter with a positive, a negative effect does.
        short: behind the question's drugs where rankings are listed; empty for the usual one.
        up, down: what a larger, a smaller read-out is, in plain words.
    """

    title: str = "What most changes resistance"
    more: str = "raising it makes cells more resistant"
    less: str = "raising it makes cells less resistant"
    short: str = ""
    up: str = "more cells survive"
    down: str = "fewer cells survive"


@dataclass(frozen=True, eq=False)
class Readout:
    """One number that says how well the cell gets through a treatment.

    Attributes:
        name: how it is asked for; `aliases`: further names.
        words: what the number is.
        unit: of its exponential.
        read: species and derived quantities that are looked at.
        dishes: (drugs, condition) of the question -> those of each dish, in the order that `answer` expects.
        answer: (dish, time, what is read) -> the number.
        told: words of its rankings.
        times: min, when it is read; None: at the end of the treatment.
        reference: the condition that it compares with, which then cannot be asked for alone.
        usual: the condition that is taken where none is named.
        survival: whether it says how many cells live, and not how much of a signal passes.
        core_suffices: whether the core of the network (Akt, AP-1 and density held) answers where the
            surroundings bring nothing but IL-6.
    """

    name: str
    words: str
    unit: str
    read: tuple[str, ...]
    dishes: Callable[[Doses, Condition], Dishes]
    answer: Callable[[Float[Array, "dish time observable"]], Float[Array, ""]]
    aliases: tuple[str, ...] = ()
    told: ReadoutWords = ReadoutWords()
    times: tuple[float, ...] | None = None
    reference: Condition | None = None
    usual: Condition = ALONE
    survival: bool = True
    core_suffices: bool = False

    def conditions(self, asked: Condition) -> tuple[Condition, ...]:
        """The conditions of its dishes."""
        return (asked,) if self.reference is None else (asked, self.reference)


def treated(drugs: Doses, here: Condition) -> Dishes:
    """The dish with the drugs alone."""
    return [(drugs, here)]


def with_vehicle(drugs: Doses, here: Condition) -> Dishes:
    """The dish with the drugs, and the same without."""
    return [(drugs, here), ((), here)]


def curve(drugs: Doses, here: Condition) -> Dishes:
    """A dose response around the doses of the question, all drugs varied together, and the vehicle last."""
    doses = [tuple((d, dose * 10.0**k) for d, dose in drugs) for k in DECADES]
    return [*((c, here) for c in doses), ((), here)]


def _ln_ratio_at_the_end(y: Float[Array, "dish time observable"]) -> Float[Array, ""]:
    return jnp.log(y[0, -1, 0]) - jnp.log(y[1, -1, 0])


def _ln_ratio_of_areas(y: Float[Array, "dish time observable"]) -> Float[Array, ""]:
    return jnp.log(jnp.trapezoid(y[0, :, 0], AREA_TIMES)) - jnp.log(jnp.trapezoid(y[1, :, 0], AREA_TIMES))


def _ln_area(n: Float[Array, " dish"]) -> Float[Array, ""]:
    """ln of the mean viability over ln dose, between 0 and 1; the last dish is the vehicle. Trapezoids, even
    doses.
    """
    v = n[:-1] / n[-1]
    return jnp.log((v.sum() - (v[0] + v[-1]) / 2) / (len(DECADES) - 1))


VIABILITY = Readout(
    "lnv",
    "log viability",
    "share of the cells without the drug",
    ("N",),
    with_vehicle,
    _ln_ratio_at_the_end,
    ("viability",),
)
READOUTS: dict[str, Readout] = {
    r.name: r
    for r in (
        VIABILITY,
        Readout(
            "auc",
            "log area under the viability curve over log dose",
            "mean share of the cells without the drug",
            ("N",),
            curve,
            lambda y: _ln_area(y[:, -1, 0]),
            ("area",),
            ReadoutWords(short="area under the curve"),
        ),
        Readout(
            "ri",
            "log resistance index (area under the viability curve, over that of the cell alone)",
            "fold",
            ("N",),
            lambda drugs, here: [*curve(drugs, here), *curve(drugs, ALONE)],
            lambda y: _ln_area(y[: len(DECADES) + 1, -1, 0]) - _ln_area(y[len(DECADES) + 1 :, -1, 0]),
            ("resistance index",),
            ReadoutWords(short="resistance index"),
            reference=ALONE,
        ),
        Readout(
            "reserve",
            "log anti-apoptotic reserve (capacity over BH3 load)",
            "capacity over load; cells commit below 1",
            ("cap", "BH3"),
            treated,
            lambda y: jnp.log(y[0, -1, 0]) - jnp.log(y[0, -1, 1]),
            told=ReadoutWords(
                short="reserve", up="more reserve against death", down="less reserve against death"
            ),
        ),
        Readout(
            "escape",
            "log share of the pSTAT3 signal (0 to 120 min) that escapes",
            "share of the signal without the drug",
            ("pS",),
            with_vehicle,
            _ln_ratio_of_areas,
            ("signal",),
            ReadoutWords(
                "What most changes how much signal escapes the drug",
                "raising it lets more signal escape",
                "raising it lets less signal escape",
                "signal that escapes",
                "more signal escapes",
                "less signal escapes",
            ),
            times=tuple(AREA_TIMES),
            usual=WITH_IL6,
            survival=False,
            core_suffices=True,
        ),
    )
}
