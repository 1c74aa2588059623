"""The densities of a panel: they are densities, and their slopes are right."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from inference.panel.panel_data import arrays
from inference.panel.panel_model import PanelModel, _axis, of_half
from inference.panel.simulated_panel import filled


@pytest.mark.parametrize("scatter", [0.0, 1.3])
def test_the_density_of_a_reported_ic50_integrates_to_one_over_a_hill_curve(scatter):
    steep, middle, noise = 1.7, 2.0, 0.6  # logit v = -steep (ln d - middle)

    def density(y, beyond):
        near = np.log(1.15)
        below, above = (-steep * (y + s * near - middle) for s in (-1, 1))
        told = of_half(
            jnp.asarray(below),
            jnp.asarray(above),
            np.asarray(beyond),
            jnp.asarray(noise),
            jnp.asarray(scatter),
        )
        return float(np.exp(told))

    inside, _ = integrate.quad(lambda y: density(y, 0), -30, 30, points=[middle])
    # the least slope, 0.02 of a logit, is added in squares: 1e-4 of 1.7
    assert inside == pytest.approx(1.0, abs=2e-4)
    # a Hill curve is linear in ln dose: ln IC50 is normal with this sd (algebra)
    sd = np.sqrt((noise / steep) ** 2 + scatter**2)
    assert density(3.0, 0) == pytest.approx(stats.norm.pdf(3.0, middle, sd), rel=1e-3)
    assert density(3.0, 1) == pytest.approx(stats.norm.sf(3.0, middle, sd), rel=1e-3)
    assert density(3.0, -1) == pytest.approx(stats.norm.cdf(3.0, middle, sd), rel=1e-3)


def test_an_unknown_genotype_is_a_mixture_of_mutant_and_wild_type(made_up_tables):
    tables = made_up_tables(("A", "B", "C", "D", "E"), ("trametinib",))
    tables.lines.loc[4, "ras"] = np.nan
    data = arrays(tables)
    p = data.covariates.ras[4]
    coefficient, spread = jnp.asarray(1.5), jnp.asarray(0.4)

    def weighed(eta, of):
        u, correction = _axis("o_RAS", data, spread, coefficient, jnp.zeros(5).at[4].set(eta))
        return float(stats.norm.pdf(eta) * np.exp(correction) * of(u[4]))

    total, _ = integrate.quad(lambda x: weighed(x, lambda u: 1.0), -12, 12)
    mean, _ = integrate.quad(lambda x: weighed(x, lambda u: u), -12, 12)
    square, _ = integrate.quad(lambda x: weighed(x, lambda u: u**2), -12, 12)
    assert total == pytest.approx(1.0, abs=1e-6)
    assert mean == pytest.approx(float(coefficient) * (p - 0.5), abs=1e-6)
    assert square - mean**2 == pytest.approx(0.4**2 + 1.5**2 * p * (1 - p), abs=1e-6)


@pytest.fixture(scope="module")
def panel(made_up_tables):
    tables = made_up_tables(("A", "B", "C"), ("trametinib", "bortezomib"), once=("navitoclax",), doses=5)
    size = PanelModel(arrays(tables)).layout.size
    z = 0.4 * np.random.default_rng(1).standard_normal(size)
    return PanelModel(arrays(filled(tables, z, 1))), z


def test_slopes_of_the_potential_are_those_of_differences(panel):
    model, z = panel
    value = jax.jit(jax.value_and_grad(model.problem.potential))
    rng = np.random.default_rng(2)
    for _ in range(3):
        along = rng.standard_normal(len(z))
        step = 1e-4
        there, back = (float(value(jnp.asarray(z + s * step * along))[0]) for s in (1, -1))
        slope = float(value(jnp.asarray(z))[1] @ along)
        # the solver's steps change with its input: noise of 1e-6 of the potential over 2e-4
        assert slope == pytest.approx((there - back) / (2 * step), rel=5e-3, abs=0.05)


def test_the_likelihood_is_that_written_by_hand(panel):
    model, z = panel
    terms, ok = model.log_likelihood(jnp.asarray(z))
    data = model.data
    assert bool(ok)
    assert terms.shape == (len(data.of_curve) + len(data.of_half) + 1,)
    assert float(terms[-1]) == 0.0  # every genotype is known
    from inference.panel.panel_model import local

    at, part = local(jnp.asarray(z), model.layout, data), model.layout.split(jnp.asarray(z))
    row = data.of_curve[7]
    worth = np.log(data.dose[row]) - at.shift[data.drug[row]] - at.residual[data.cell[row]]
    v, _ = model.viability(
        at, *(x[[row]] for x in (data.line, data.drug, data.source)), jnp.asarray([worth]), data.hours[[row]]
    )
    spread = stats.halfnorm.ppf(stats.norm.cdf(float(part["curve_spread"])), scale=0.1)
    middle = float(v[0]) + spread * float(part["curve"][data.curve[row]])
    noise = 0.08 * np.exp(0.5 * float(part["noise"]))
    by_hand = stats.t.logpdf(data.viability[row], 4, middle, noise)
    assert float(terms[7]) == pytest.approx(by_hand, rel=1e-4, abs=1e-4)


def test_what_is_believed_is_standard_normal(panel):
    model, _ = panel
    priors = model.problem.priors
    x = jnp.asarray(np.random.default_rng(0).standard_normal(len(priors.names)))
    assert float(priors.log_density_unconstrained(x)) == pytest.approx(stats.norm.logpdf(x).sum())
    assert np.all(priors.constrain(priors.unconstrain(x)) == x)


def test_without_a_pair_its_measurements_are_gone_and_the_unknowns_stay(panel):
    model, z = panel
    cell = model.data.cells.index(("A", "trametinib"))
    less = model.without(np.array([cell]))
    assert less.layout.names == model.layout.names
    terms, _ = less.log_likelihood(jnp.asarray(z))
    assert len(terms) == len(model.data.line) + 1 - 5
