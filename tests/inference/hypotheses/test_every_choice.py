"""Evidence under every combination of choices: against quadrature by SciPy, and against closed forms."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from inference.hypotheses import every_choice, every_choice_files
from inference.hypotheses.all_at_once import joint_of
from inference.hypotheses.every_choice import Combinations
from inference.hypotheses.readings import ESTRADIOL
from inference.hypotheses.study_choices import choices_of
from inference.likelihood.likelihood import predict, trajectories
from inference.runs.run import Run
from inference.runs.settings import FULL
from inference.study.loading import load

STUDY = "estradiol_reduced"
HELD = {"c1a": 3e-5, "c1": 3e-5, "g_auto": 1.0, "k1": 0.02, "a2": 0.0096, "a3": 0.048, "K_N6": 15.0}
HELD |= {"NF_T_transfected": 200.0, "sd_laboratories": 0.2, "e_deg": 0.0}
QUESTION = replace(ESTRADIOL, readings=tuple(r for r in ESTRADIOL.readings if r.name in ("H0", "H3")))
STUDIES = ("Kassem1996_hFOB", "Kassem1996_marrow", "Kurebayashi1997")


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Combinations:
    study = load(STUDY, free=["e_tx"], fix=HELD, lint=False)
    asked = joint_of(study, QUESTION, choices_of(STUDY, study.tables))
    # at the tolerance of a fit; 2,048 draws of one share between 0 and 1
    run = Run(tmp_path_factory.mktemp("run"))
    result = every_choice.combinations(asked, replace(FULL, seed=3), run)
    assert result is not None
    return result


def log_evidence(kept: tuple[str, ...], effect: np.ndarray) -> np.ndarray:
    """(effect,) ln density of the ratios of some studies, from the plain likelihood: every scale a normal
    variable of its logarithm, by SciPy's multivariate normal."""
    study = load(STUDY, free=["e_tx"], fix=HELD, lint=False)
    i = study.names.index("e_tx")

    @jax.jit
    def one(e: jax.Array) -> tuple[jax.Array, jax.Array]:
        theta = jnp.asarray(study.nominal).at[i].set(e)
        seen = predict(study, theta, trajectories(study, theta, rtol=1e-7, atol=1e-10))
        return seen.location, seen.scale

    rows = [k for k, m in enumerate(study.tables.measurements) if m.source in kept]
    observable = np.array([study.tables.measurements[k].observable for k in rows])
    shared = observable[:, None] == observable[None]  # one scale an observable, sd of ln 1.5 around nominal
    y = np.log(study.measurements.value[rows])
    out = []
    for e in effect:
        location, sd = map(np.asarray, one(jnp.asarray(e)))
        cov = np.diag(sd[rows] ** 2) + 1.5**2 * shared
        out.append(stats.multivariate_normal(location[rows], cov).logpdf(y))
    return np.array(out)


@pytest.mark.parametrize("kept", [STUDIES, STUDIES[:1], STUDIES[1:2], STUDIES[2:], STUDIES[:2]])
def test_with_the_nuisance_held_fixed_bayes_factors_are_those_of_quadrature(found, kept) -> None:
    nodes, weight = np.polynomial.legendre.leggauss(24)
    effect = 0.5 * (nodes + 1)
    log_l, plain = log_evidence(kept, effect), log_evidence(kept, np.zeros(1))[0]
    priors: dict[str, Any] = {"Beta(1, 2)": stats.beta(1, 2), "Beta(4, 1): large effects": stats.beta(4, 1)}
    for name, prior in priors.items():
        exact = np.log(np.sum(0.5 * weight * prior.pdf(effect) * np.exp(log_l - plain)))
        t = found.table
        row = t[(t["studies"] == " + ".join(kept)) & (t["prior"] == name)]
        row = row[(row["time of IL-6"] == "24 h") & (row["time after transfection"] == "24 h")].iloc[0]
        assert row["k"] < 0.7
        # four standard errors, and what a solver of rtol 3e-4 leaves of a ln
        assert abs(row["ln_bf"] - exact) < 4 * row["error"] + 0.01


def test_the_quadrature_is_that_of_scipy_s_own_rule() -> None:
    """24 nodes are enough: an adaptive rule on the same likelihood finds the same."""
    nodes, weight = np.polynomial.legendre.leggauss(24)
    x = 0.5 * (nodes + 1)
    prior: Any = stats.beta(1, 2)

    def like(e: Any) -> Any:
        return np.exp(-0.5 * ((np.log1p(-0.9 * e) + 0.6) / 0.2) ** 2)

    adaptive = integrate.quad(lambda e: prior.pdf(e) * like(e), 0, 1)[0]
    assert np.sum(0.5 * weight * prior.pdf(x) * like(x)) == pytest.approx(adaptive, rel=1e-4)


def test_every_study_is_in_and_out_and_every_option_of_every_choice_is_tried(found) -> None:
    t = found.table
    assert set(t["hypothesis"]) == {"H3"}
    times = (
        3 * 3 + 3 + 3 * 3 * 3
    )  # Kassem's studies alone, Kurebayashi's alone, and both; three times of each
    assert len(t) == times * 4  # priors; a held sd has none
    alone = t[t["studies"] == "Kurebayashi1997"]
    assert set(alone["time of IL-6"]) == {"24 h"}  # which it has not measured: as declared, once
    assert set(alone["time after transfection"]) == {"6 h", "24 h", "48 h"}
    assert not t.duplicated(["studies", "prior", *found.choices]).any()
    assert t["declared"].sum() == 1


def made_up(rows: list[tuple[str, str, str, float, float]]) -> Combinations:
    columns = ["hypothesis", "studies", "prior", "ln_bf", "k"]
    table = pd.DataFrame(rows, columns=columns).assign(error=0.1)
    table["declared"] = ~table.duplicated("hypothesis")
    return Combinations(("H0", "H1", "H2"), (), table)


def test_a_verdict_names_only_what_survives_all() -> None:
    c = made_up(
        [
            ("H1", "a + b", "p", 4.0, 0.1),
            ("H1", "a", "p", 0.5, 0.1),
            ("H2", "a + b", "p", 5.0, 0.1),
            ("H2", "a", "p", 3.2, 0.1),
        ]
    )
    assert (c.survives("H1"), c.survives("H2")) == ("undecided", "strongly favoured")
    text = every_choice_files.markdown(c)
    assert "**H2 strongly favoured**" in text
    assert "H1: **undecided**. Its Bayes factor runs from 1.6 to 55 over 2" in text
    assert c.told_apart("H2", "H1") == (1.0, pytest.approx(2.7))
    every_choice_files.figure(c)


def test_a_combination_that_cannot_be_trusted_leaves_no_verdict() -> None:
    rows = [("H1", "a", "p", 4.0, 0.1), ("H1", "b", "p", 9.0, 1.2), ("H2", "a", "p", 0.0, 0.1)]
    c = made_up([*rows, ("H2", "b", "p", 9.0, 1.2)])
    assert c.survives("H1") == "not known"
    assert c.survives("H2") == "undecided"  # one combination that can be trusted is enough against a claim
    assert "1 of them cannot be trusted" in every_choice_files.markdown(c)
    assert "no hypothesis is favoured or disfavoured by all" in every_choice_files.markdown(c)


def test_one_choice_at_a_time_holds_the_others_as_declared() -> None:
    c = made_up([("H1", "a + b", "p", 4.0, 0.1), ("H1", "a", "p", 0.5, 0.1), ("H1", "a", "q", 9.0, 0.1)])
    alone = every_choice_files.one_at_a_time(c, "studies")["H1"]
    assert dict(alone) == {"a + b": 4.0, "a": 0.5}
