"""What came out of the behaviours, as a table: protocol, band, value, met or not, how much it proves,
citation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.behaviours.record import Behaviour, Check
from models.behaviours.resistance_ranks import MEMBERS, PUBLISHED, RankingSpecified
from models.behaviours.solve import Finding
from models.documents.parameter_tables import Table

COLUMNS = ("id", "protocol", "check", "band", "value", "met", "evidence for the parameters", "citation")


def ranking_finding(ranking: RankingSpecified) -> Finding:
    """B31 in the form of the others: no failed solve, and the sign of every published coefficient."""
    checks = [Check("failed solves", ranking.failed, high=0)]
    for readout, expected in PUBLISHED.items():
        agree = sum(ranking.coefficients[readout][name] * value > 0 for name, value in expected.items())
        checks.append(
            Check(f"{readout}: coefficients of the published sign, of {len(expected)}", agree, len(expected))
        )
    behaviour = Behaviour(
        "B31",
        f"Sobol ensemble of {MEMBERS} cells, 50 parameters, sd of ln 0.4; 48 h, alone and in the niche",
        "prototype's standardised rank regression coefficients; a consequence of assumed weights",
        "not tuned",
        (),
        lambda t: (),
    )
    return Finding(behaviour, tuple(checks), ())


def table(findings: Iterable[Finding]) -> Table:
    """One row a check; the behaviour's own words on its first row only."""
    rows = []
    for f in findings:
        b = f.behaviour
        lines = [(c.what, c.band, f"{c.value:.3g}", "yes" if c.met else "NO") for c in f.checks]
        lines = lines or [("dishes whose solve failed", "none", ", ".join(f.failed), "NO")]
        for i, line in enumerate(lines):
            rows.append((b.id, b.protocol, *line, b.proof, b.evidence) if i == 0 else ("", "", *line, "", ""))
    return Table("behaviours", "Behaviours", COLUMNS, tuple(rows))


def _value(check: Check, before: Mapping[str, float]) -> str:
    """What came out and its band; where the specification's equations alone give another value, that too."""
    was = before.get(check.what, check.value)
    moved = f"{was:.3g}" != f"{check.value:.3g}"
    return f"{check.what} {check.value:.3g}{f', before {was:.3g}' if moved else ''} ({check.band})"


def short_table(findings: Iterable[Finding], specified: Iterable[Finding] = ()) -> Table:
    """One row a behaviour: the checks that were met, and the first values.

    `specified` is what came out with every part off that the specification does not have: shown where it
    differs.
    """
    rows = []
    before = {f.behaviour.id: {c.what: c.value for c in f.checks} for f in specified}
    for f in findings:
        was = before.get(f.behaviour.id, {})
        shown = "; ".join(_value(c, was) for c in f.checks[:4]) + (
            f"; {len(f.checks) - 4} more" if len(f.checks) > 4 else ""
        )
        rows.append(
            (
                f.behaviour.id,
                f.behaviour.protocol,
                shown,
                f"{sum(c.met for c in f.checks)} of {len(f.checks)}",
                f.behaviour.proof,
                f.behaviour.evidence,
            )
        )
    return Table(
        "behaviours",
        "Behaviours",
        ("id", "protocol", "found (band)", "met", "parameters", "citation"),
        tuple(rows),
    )
