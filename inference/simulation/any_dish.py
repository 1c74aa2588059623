"""A dish as a user asks for it, by names: the kind of cell, what is added when, which hypothesis holds."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models import spread as spreads
from models.catalogue import (
    BORTEZOMIB,
    GROWN,
    HYPOTHESES,
    PARTS,
    PRESETS,
    Preset,
    niche,
    with_parameters,
)
from models.dish import PRECULTURE, Dose, dish
from models.drugs import Drug, drug, drug_names
from models.engine.protocol import Protocol
from models.nearest_name import unknown
from models.network import Network

When = float | tuple[float, float]  # nM at time 0, or (nM, min)


class DishError(ValueError):
    """A dish that cannot be made: field, finding, remedy."""


@dataclass(frozen=True)
class AnyDish:
    """What is simulated: one network for all dishes, and this one's protocol and parameters.

    Attributes:
        title: kind of cell and hypothesis, for figures.
        network: with its nominal numbers, so that all dishes share one compiled program.
        protocol: without parameters; these stand in `values`.
        values: parameter -> value, of the preset and of everything that was set.
        held: those of `values` that an ensemble does not draw.
    """

    title: str
    network: Network
    protocol: Protocol
    values: Mapping[str, float]
    held: Mapping[str, float]

    def nominal(self) -> list[float]:
        """The parameters of this cell, in the order of the network."""
        return [self.values.get(p.name, p.value) for p in self.network.parameters]

    def drawn(self, count: int, seed: int, width: float | None = None) -> Float[np.ndarray, "set parameter"]:
        """(set, parameter): cells from what the tables believe, or with one sd of ln for every number."""
        centred = with_parameters(self.network, self.values)
        if width is None:
            return spreads.from_prior(centred, count, seed, dict(self.held))
        return spreads.by_width(centred, count, width, seed, dict(self.held))

    def rows(self) -> list[tuple[str, str]]:
        """From when on (h), and what is set, put or added then."""
        changes = []
        for p in self.protocol.periods:
            said = [f"{k} = {v}" for k, v in {**p.inputs, **p.put}.items()]
            said += [f"{k} + {v}" for k, v in p.add.items()]
            changes.append((f"{p.start / 60:g} h", ", ".join(said)))
        return changes

    def __repr__(self) -> str:
        return "\n".join([f"Dish: {self.title}", *(f"  from {t}: {what}" for t, what in self.rows())])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th>from {t}</th><td style='text-align:left'>{html.escape(what)}</td></tr>"
            for t, what in self.rows()
        )
        return f"<b>{html.escape(self.title)}</b><table>{cells}</table>"


def any_dish(
    *,
    preset: str | Preset = "mm1s",
    il6: float = 0.0,
    doses: Iterable[Dose] = (),
    inputs: Mapping[str, float] | None = None,
    pre: Mapping[str, float] | None = None,
    hypothesis: str = "H0",
    bortezomib: str = "A",
    parameters: Mapping[str, float] | None = None,
    density: float = 0.3,
    transit: bool = False,
    parts: Sequence[str] = (),
) -> AnyDish:
    """A dish of the whole cell in its niche.

    Args:
        preset: the kind of cell.
        il6: added at time 0, ng/mL.
        doses: drugs and when.
        inputs: inputs from time 0 on; `pre`: during the pre-culture.
        hypothesis: what estradiol does, at the test value of its effect.
        bortezomib: its reading, A or B.
        parameters: values that differ in this dish.
        density: myeloma cells at the start, 1e6/mL.
        transit: whether SOCS3 mRNA has a transit compartment.
        parts: what the niche has beside (`models.catalogue.PARTS`); "grown" stands for all of them that
            contradict no other reading.

    Raises:
        DishError: something is asked for that does not exist or cannot be.
    """
    network, doses = niche(transit, chosen_parts(parts)), tuple(doses)
    cell = preset if isinstance(preset, Preset) else PRESETS[known("preset", preset, PRESETS)]
    reading = HYPOTHESES[known("hypothesis", hypothesis, HYPOTHESES)]
    variant = BORTEZOMIB[known("bortezomib", bortezomib, BORTEZOMIB)]
    units = {p.name: p.unit for p in network.parameters}
    names = [u.name for u in network.inputs]
    for name, value in (parameters or {}).items():
        if name not in units:
            raise DishError(unknown("`parameters`", name, units))
        if units[name] == "0-1" and value > 1:
            raise DishError(f"`parameters` {name}: is a share, between 0 and 1")
    for field, given in (("inputs", inputs), ("pre", pre)):
        for name in given or {}:
            if name not in names:
                raise DishError(unknown(f"`{field}`", name, names))
    for d in doses:
        if d.at <= -PRECULTURE:
            raise DishError(
                f"`doses` {d.drug.name}: {d.at:g} min is before the pre-culture of {PRECULTURE:g} min"
            )
    held = {**reading.parameters, **variant.parameters, **(parameters or {})}
    protocol = dish(
        network, "dish", preset=cell, il6=il6, inputs=inputs, pre=pre, doses=doses, density=density
    )
    values = {**cell.parameters, **held}
    title = f"{cell.title}, {reading.name}"
    return AnyDish(title, network, Protocol(protocol.id, protocol.periods, {}), values, held)


def chosen_parts(names: Sequence[str]) -> tuple[str, ...]:
    """The parts by name, each once, in the order of the catalogue.

    Raises:
        DishError: there is no such part.
    """
    found = [known("parts", n, (*PARTS, "grown")) for n in names]
    asked = {p for n in found for p in (GROWN if n == "grown" else (n,))}
    return tuple(p for p in PARTS if p in asked)


def dose_of(name: str | Drug, amount: When) -> Dose:
    """A drug by any of its names, and its dose in nM, at time 0 or as (nM, min).

    Raises:
        DishError: there is no such drug, or its dose is negative.
    """
    nM, at = amount if isinstance(amount, tuple) else (amount, 0.0)
    if isinstance(name, str):
        try:
            name = drug(name)
        except KeyError:
            known("doses", name, drug_names())
            raise
    if not nM >= 0:
        raise DishError(f"`doses` {name.name}: {nM:g} nM is no dose: give a number from 0 on")
    return Dose(name, nM, at)


def known(field: str, name: str, names: Iterable[str]) -> str:
    """The known name, whatever its case.

    Raises:
        DishError: it is none.
    """
    names = list(names)
    same = [n for n in names if n.lower() == name.lower()]
    if name in names or len(same) == 1:
        return name if name in names else same[0]
    raise DishError(unknown(f"`{field}`", name, names))
