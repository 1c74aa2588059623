"""The model of a panel: what is believed of lines and drugs, and how likely the measurements are.

    ln theta(line) = mean + coefficient x covariate + spread x eta          (four axes, non-centred)
    ln dose at the target = ln dose - potency(drug) - offset(source, drug) - residual(line, drug)
    viability ~ Student's t(viability of the dish + offset of the curve, noise), 4 degrees of freedom
    logit of viability at ln IC50 ~ Normal(0, half_noise), as a density of ln IC50: with the curve's slope

The slope matters: without it a curve that is flat near one half would explain every IC50. Beyond the range
only the side counts. Where a cell was measured once, its residual and the noise of that IC50 cannot be told
apart: the residual is integrated out there (the logit of a Hill curve is linear in ln dose). A covariate that
is blank is integrated out: that of BCL-2 widens the spread; that of RAS makes a mixture of mutant and wild
type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jax.scipy.stats import norm
from jaxtyping import Array, Bool, Float

from inference.likelihood.noise_models import log_density
from inference.likelihood.problem import Priors, Problem
from inference.panel import panel_layout as unknown
from inference.panel.panel_cell import cell, survivors
from inference.panel.panel_data import NEARBY, PanelData
from inference.panel.panel_layout import AXES, SHARED, PanelLayout, half_normal, layout_of, log_normal

DEGREES = 4.0
EDGE = 0.01  # of a viability: logits end at about +-4.6, where nothing more can be told
FLAT = 0.02  # least slope of a logit by ln dose
PARAMETERS = (*SHARED, *AXES, "w_2N")  # that the dishes of a line depend on


@dataclass(frozen=True, eq=False)
class StandardNormals(Priors):
    """Unknowns that are independent and standard normal, so that nothing is transformed."""

    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Unknowns, in the order of every vector."""
        return self.labels

    def constrain(self, z: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """The same numbers."""
        return z

    def unconstrain(self, theta: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """The same numbers."""
        return theta

    def log_density(self, theta: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """Log density of each."""
        return norm.logpdf(theta)

    def log_density_unconstrained(self, z: Float[Array, " parameter"]) -> Float[Array, ""]:
        """Log density of all."""
        return jnp.sum(norm.logpdf(z))

    def draw(self, key: Array, draws: int) -> Float[Array, "draw parameter"]:
        """Independent draws."""
        return jax.random.normal(key, (draws, len(self.labels)))


@dataclass(frozen=True)
class LineValues:
    """What the dishes depend on, at one point.

    Attributes:
        values: of `PARAMETERS` for each line, in their own units, (line, parameter).
        shift: ln of what a dose of each drug is worth less, without residual, (drug,).
        residual: the same of each cell, 0 where it is integrated out, (cell,); scatter: its spread.
        offset: of each source and drug, (offset,), a 0 behind.
        density: of each source, 1e6/mL.
        correction: what the mixture over unknown genotypes adds to the log density of the axes.
    """

    values: Float[Array, "line parameter"]
    shift: Float[Array, " drug"]
    residual: Float[Array, " cell"]
    scatter: Float[Array, ""]
    offset: Float[Array, " offset"]
    density: Float[Array, " source"]
    correction: Float[Array, ""]


def _axis(
    name: str, data: PanelData, spread: Array, coefficient: Array | None, eta: Array
) -> tuple[Array, Array]:
    """ln of an axis over its mean, (line,), and the correction to its log density."""
    none = jnp.asarray(0.0)
    if coefficient is None:
        return spread * eta, none
    if name == "o_RAS":
        p = data.covariates.ras
        known = (p == 0.0) | (p == 1.0)
        wide = jnp.where(known, spread, jnp.sqrt(spread**2 + coefficient**2 * p * (1 - p)))
        u = coefficient * (p - 0.5) + wide * eta
        q = np.where(known, 0.5, p)
        mixed = logsumexp(
            jnp.stack(
                [
                    jnp.log(q) + norm.logpdf(u, 0.5 * coefficient, spread),
                    jnp.log1p(-q) + norm.logpdf(u, -0.5 * coefficient, spread),
                ]
            ),
            axis=0,
        )
        single = norm.logpdf(u, coefficient * (p - 0.5), wide)
        return u, jnp.sum(jnp.where(known, 0.0, mixed - single))
    x = data.covariates.amount if name == "b_2" else data.covariates.growth
    seen = np.isfinite(x)
    wide = jnp.where(seen, spread, jnp.sqrt(spread**2 + coefficient**2 * np.nanvar(x)))
    return coefficient * np.where(seen, x, 0.0) + wide * eta, none


def local(z: Float[Array, " unknown"], layout: PanelLayout, data: PanelData) -> LineValues:
    """What the dishes depend on at a point."""
    part = layout.split(z)
    network = cell(data.drugs).network
    columns = {}
    for i, name in enumerate(SHARED):
        p = network.parameter(name)
        ln = p.belief.ln_of_normal(part["shared"][i], p.value, jnp)
        columns[name] = jnp.broadcast_to(jnp.exp(ln), (len(data.lines),))
    spread = half_normal(part["spread"], unknown.SPREAD)
    named = dict(layout.blocks["coefficient"][1])["covariate"]
    correction = jnp.asarray(0.0)
    for i, name in enumerate(AXES):
        p = network.parameter(name)
        if name == "o_RAS":
            middle = unknown.RAS_MIDDLE + unknown.RAS_SD * part["mean"][i]
        else:
            middle = p.belief.ln_of_normal(part["mean"][i], p.value, jnp)
        coefficient = None
        if name in named:
            at, sd = unknown.COEFFICIENTS[name]
            coefficient = at + sd * part["coefficient"][named.index(name)]
        over, more = _axis(name, data, spread[i], coefficient, part["own"][i])
        columns[name] = jnp.exp(middle + over)
        correction = correction + more
    b_2, w_2N = (network.parameter(n).value for n in ("b_2", "w_2N"))
    columns["w_2N"] = columns["b_2"] * w_2N / b_2
    scatter = half_normal(part["residual_spread"], unknown.RESIDUAL)
    sampled = np.flatnonzero(data.sampled)
    potency = np.array([unknown.WIDE.get(d, unknown.POTENCY) for d in data.drugs])
    return LineValues(
        jnp.stack([columns[n] for n in PARAMETERS], axis=1),
        jnp.asarray(potency) * part["potency"],
        jnp.zeros(len(data.cells)).at[sampled].set(scatter * part["residual"]),
        scatter,
        jnp.concatenate([unknown.OFFSET * part["offset"], jnp.zeros(1)]),
        log_normal(part["density"], *unknown.DENSITY),
        correction,
    )


@dataclass(frozen=True, eq=False)
class PanelModel:
    """A panel with its unknowns.

    Example:
        >>> import pandas as pd
        >>> from inference.panel.panel_data import arrays
        >>> from inference.panel.panel_tables import COLUMNS, LINE_COLUMNS, PanelTables
        >>> rows = [(x, "trametinib", "mine", 72.0, 10.0, 0.5, None, None, None) for x in "AB"]
        >>> lines = pd.DataFrame({"line": list("AB")}).reindex(columns=list(LINE_COLUMNS))
        >>> PanelModel(arrays(PanelTables(pd.DataFrame(rows, columns=COLUMNS), lines, ()))).layout.names[8]
        'potency trametinib'
    """

    data: PanelData

    @property
    def layout(self) -> PanelLayout:
        """Where each unknown stands."""
        return layout_of(self.data)

    @property
    def problem(self) -> Problem:
        """What samplers take."""
        return Problem(StandardNormals({}, self.layout.names), self.log_likelihood)

    def viability(
        self,
        at: LineValues,
        line: np.ndarray,
        drug: np.ndarray,
        source: np.ndarray,
        ln_dose: Float[Array, " dish"],
        hours: np.ndarray,
    ) -> tuple[Float[Array, " dish"], Array]:
        """Viable cells of dishes over their vehicles', and whether all were solved.

        Args:
            line, drug, source: of each dish; ln_dose: at the target, nM; hours: of treatment.
        """
        keys = np.stack([line, source, hours], axis=1)
        vehicles, of = np.unique(keys, axis=0, return_inverse=True)
        lines = np.concatenate([line, vehicles[:, 0].astype(int)])
        sources = np.concatenate([source, vehicles[:, 1].astype(int)])
        dose = jnp.concatenate([jnp.exp(jnp.clip(ln_dose, -20, 20)), jnp.zeros(len(vehicles))])
        cells, ok = survivors(
            self.data.drugs,
            PARAMETERS,
            at.values,
            lines,
            np.concatenate([drug, np.zeros(len(vehicles), int)]),
            dose,
            at.density[sources],
            np.concatenate([hours, vehicles[:, 2]]),
        )
        return cells[: len(line)] / cells[len(line) :][of.ravel()], ok

    def log_likelihood(
        self, z: Float[Array, " unknown"]
    ) -> tuple[Float[Array, " measurement"], Bool[Array, ""]]:
        """Log density of each measurement, a last term for the genotypes, and whether all was solved."""
        data, part = self.data, self.layout.split(z)
        at = local(z, self.layout, data)
        worth = jnp.log(data.dose) - at.shift[data.drug] - at.offset[data.offset] - at.residual[data.cell]
        half = data.of_half
        step = np.log(NEARBY)
        rows = np.concatenate([data.of_curve, half, half])
        ln_dose = jnp.concatenate([worth[data.of_curve], worth[half] - step, worth[half] + step])
        v, ok = self.viability(
            at, data.line[rows], data.drug[rows], data.source[rows], ln_dose, data.hours[rows]
        )
        curve, below, above = jnp.split(v, [len(data.of_curve), len(data.of_curve) + len(half)])
        own = half_normal(part["curve_spread"], unknown.CURVE) * part["curve"]
        noise = log_normal(part["noise"], *unknown.NOISE)
        terms = [
            log_density(
                "normal",
                DEGREES,
                jnp.asarray(data.viability[data.of_curve]),
                curve + own[data.curve[data.of_curve]],
                jnp.broadcast_to(noise, curve.shape),
            ),
            of_half(
                logit(below),
                logit(above),
                data.beyond[half],
                log_normal(part["half_noise"], *unknown.HALF_NOISE),
                at.scatter * ~np.array(data.sampled)[data.cell[half]],
            ),
            at.correction[None],
        ]
        return jnp.concatenate(terms), ok & jnp.all(jnp.isfinite(v))

    def without(self, cells: np.ndarray) -> PanelModel:
        """The same unknowns, without the measurements of these cells."""
        return replace(self, data=self.data.without(cells))


def logit(v: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """ln of viability over its complement, held between about -4.6 and 4.6."""
    return jnp.log(v + EDGE) - jnp.log(jnp.maximum(1 - v, 0.0) + EDGE)


def of_half(
    below: Float[Array, " row"],
    above: Float[Array, " row"],
    beyond: np.ndarray,
    noise: Array,
    scatter: Float[Array, " row"],
) -> Float[Array, " row"]:
    """Log density of ln IC50 as reported, or the log probability that it lies beyond its range.

    Args:
        below, above: logit of viability a little below and above that dose.
        beyond: 1 above the range, -1 below, 0 within; noise: sd of the logit.
        scatter: sd of a residual in ln dose that is integrated out.
    """
    slope = jnp.sqrt(((below - above) / (2 * np.log(NEARBY))) ** 2 + FLAT**2)
    wide = jnp.sqrt(noise**2 + (slope * scatter) ** 2)
    middle = 0.5 * (below + above) / wide
    inside = norm.logpdf(middle) + jnp.log(slope / wide)
    side = norm.logcdf(jnp.where(beyond > 0, middle, -middle))
    return jnp.where(beyond == 0, inside, side)
