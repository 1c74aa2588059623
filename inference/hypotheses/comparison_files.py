"""What a comparison of hypotheses found, for people: Markdown, one figure, and the same as JSON."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from inference.fit import verdict
from inference.hypotheses import bayes_factors, every_choice_files
from inference.hypotheses.comparison import Compared
from inference.hypotheses.fingerprints import FINGERPRINTS, separating
from inference.runs.colours import DATA, POSTERIOR, PRIOR, SECOND


def sentences(c: Compared) -> list[str]:  # long: one page of text, in the order it is read
    """The findings in words: what survives every choice, what cannot be told apart and why."""
    names, e, asked = c.joint.hypotheses, c.evidence, c.joint.question
    prints = FINGERPRINTS[asked.input]
    out = []
    if not c.joint.rows.any():
        out.append(
            f"**No measurement was made with {asked.word}**: these data say nothing about any hypothesis, "
            f"every Bayes factor is 1."
        )
    out += _verdicts(c) if c.every is None else every_choice_files.sentences(c.every)
    if asked.present:
        out.append(
            f"With the choices of the tables alone, the probability that {asked.present}, each of the "
            f"{len(names)} hypotheses equally likely "
            f"beforehand, "
            f"is {e.inclusion:.3f} (Monte-Carlo error {e.inclusion_sd:.3f})."
        )
    for a, b in bayes_factors.tied(e, names):
        i, j = names.index(a), names.index(b)
        apart = separating(c.ratio, i, j)
        missing = [prints[k] for k in apart if not c.held[k]]
        if not apart:
            out.append(
                f"{a} and {b} **cannot be told apart**, by these data or by any read-out considered: same "
                f"fingerprints."
            )
        elif missing:
            k = prints.index(missing[0])
            out.append(
                f"{a} and {b} **cannot be told apart** by these data. Not measured with {asked.word}: "
                + "; ".join(f.title for f in missing[:3])
                + f". The first would show {c.ratio[k, i]:.2f} times the control under {a} and "
                f"{c.ratio[k, j]:.2f} times under {b}."
            )
        else:
            out.append(
                f"{a} and {b} **cannot be told apart** although every fingerprint that differs was "
                f"measured: too noisy or too few."
            )
    for d in c.doubts:
        if d.decides:
            low, high = (
                min(d.alternatives, key=d.alternatives.__getitem__),
                max(d.alternatives, key=d.alternatives.__getitem__),
            )
            out.append(
                f"{d.hypothesis}: **its prior decides it**. The Bayes factor against {names[0]} is "
                f"{np.exp(d.alternatives[low]):.2g} with {d.effect} ~ {low}, and "
                f"{np.exp(d.alternatives[high]):.2g} with "
                f"{d.effect} ~ {high}."
            )
    rare = [n for n, x in zip(names, e.ess, strict=True) if x < bayes_factors.LEAST_ESS]
    if rare:
        out.append(
            f"Fewer than {bayes_factors.LEAST_ESS:.0f} effective draws speak for {', '.join(rare)}: "
            "take their numbers as an order of magnitude."
        )
    high_k = int((c.predictive.k > verdict.GOOD_K).sum())
    if high_k:
        out.append(
            f"Leaving out a time course is unreliable in {high_k} of {c.predictive.k.size} cases (Pareto k "
            f"above {verdict.GOOD_K}): "
            "where the two disagree, believe the Bayes factors."
        )
    return out


def _verdicts(c: Compared) -> list[str]:
    """What the choices of the tables alone say, where no others were tried."""
    names, e, asked, out = c.joint.hypotheses, c.evidence, c.joint.question, []
    words = [bayes_factors.verdict(float(b)) for b in e.log_bf[1:]]
    for word in ("strongly favoured", "favoured", "disfavoured", "strongly disfavoured"):
        if here := [n for n, w in zip(names[1:], words, strict=True) if w == word]:
            out.append(f"Against {asked.against}, the data find **{word}**: {', '.join(here)}.")
    if undecided := [n for n, w in zip(names[1:], words, strict=True) if w == "undecided"]:
        out.append(
            f"Undecided against {names[0]} (Bayes factor within 3 either way): {', '.join(undecided)}."
        )
    return out


def markdown(c: Compared, mark: str = "") -> str:  # long: one page of text, in the order it is read
    """The report."""
    e, p, names, asked = c.evidence, c.predictive, c.joint.hypotheses, c.joint.question
    lines = [f"# {asked.title}: {c.joint.study.id}{mark}", ""]
    lines += [f"* {s}" for s in sentences(c)]
    if c.every is not None:
        lines += ["", every_choice_files.markdown(c.every).rstrip(), "", "## With the choices of the tables"]
    lines += [
        "",
        "| | what it says | P(H given data) | ln BF against "
        + names[0]
        + " | effect if right | elpd, to the best (se) "
        "| stacking weight | worth in draws |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for h, name in enumerate(names):
        effect = ", ".join("{} {:.2g} [{:.2g}, {:.2g}]".format(n, *c.effects[n]) for n in c.joint.effects[h])
        lines.append(
            f"| {name} | {asked.sentence(name)} | {e.probability[h]:.3f} ± {e.probability_sd[h]:.3f} "
            f"| {e.log_bf[h]:+.2f} ± {e.log_bf_sd[h]:.2f} | {effect} | {p.difference[h]:.2f} "
            f"({p.difference_se[h]:.2f}) "
            f"| {p.stacking[h]:.2f} [{p.stacking_low[h]:.2f}, {p.stacking_high[h]:.2f}] | {e.ess[h]:.0f} |"
        )
    lines += [
        "",
        "Intervals of effects and weights are 89 %; ± is the Monte-Carlo standard error of this run.",
    ]
    if len(c.log_evidence):
        from inference.samplers.draws import evidence as combined

        value, error = combined(c.log_evidence)
        lines += [
            f"ln of the evidence of the mixture by tempered SMC, {len(c.log_evidence)} islands: "
            f"{value:.2f} ± {error:.2f}; that "
            "of one hypothesis is this plus ln of its P(H given data) over its P(H)."
        ]
    lines += [
        "",
        "## Under other priors of the effect",
        "",
        f"ln Bayes factor against {names[0]}. Where the verdict changes, the prior decides it.",
        "",
    ]
    for d in c.doubts:
        lines.append(
            f"* {d.hypothesis} ({d.effect}): declared prior {d.declared:+.2f}; "
            + "; ".join(f"{name} {value:+.2f}" for name, value in d.alternatives.items())
            + (" **its prior decides it**" if d.decides else "")
        )
    lines += [
        "",
        f"## Fingerprints: ratio with over without {asked.dose:g} nM {asked.word} in the nominal myeloma "
        f"cell",
        "",
        "| read-out | measured here | " + " | ".join(names) + " |",
        "| --- | --- | " + " | ".join("---" for _ in names) + " |",
    ]
    for k, f in enumerate(FINGERPRINTS[asked.input]):
        lines.append(
            f"| {f.title} | {'yes' if c.held[k] else '**no**'} | "
            + " | ".join(f"{x:.2f}" for x in c.ratio[k])
            + " |"
        )
    lines += [
        "",
        f"## Time courses left out (only those measured with {asked.word})",
        "",
        "| time course | " + " | ".join(names) + " |",
        "| --- | " + " | ".join("---" for _ in names) + " |",
    ]
    for g in np.flatnonzero(c.exposed):
        cells = (
            f"{p.elpd[h, g]:.2f}" + ("?" if p.k[h, g] > verdict.GOOD_K else "") for h in range(len(names))
        )
        lines.append(f"| {c.courses[g]} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", "A question mark: Pareto k above 0.7, not to be trusted.", ""])


def figure(c: Compared, mark: str = "") -> Figure:
    """Bayes factors with the range over priors, probabilities, and stacking weights of every hypothesis."""
    names, e, p = c.joint.hypotheses, c.evidence, c.predictive
    y = np.arange(len(names))[::-1]
    fig, axes = plt.subplots(1, 3, figsize=(9.5, 0.45 * len(names) + 1.6), sharey=True, layout="constrained")
    axes[0].axvspan(-bayes_factors.SOME, bayes_factors.SOME, color=PRIOR, alpha=0.3, lw=0)
    axes[0].axvline(0, color=DATA, lw=0.6)
    for d in c.doubts:
        row = y[names.index(d.hypothesis)]
        axes[0].plot(
            [min(d.alternatives.values()), max(d.alternatives.values())],
            [row, row],
            color=SECOND if d.decides else PRIOR,
            lw=5,
            alpha=0.6,
            solid_capstyle="butt",
        )
    axes[0].errorbar(e.log_bf, y, xerr=2 * e.log_bf_sd, fmt="o", ms=4, color=POSTERIOR, lw=1.2)
    axes[0].set_xlabel(
        f"ln Bayes factor against {names[0]}\n(bar: other priors; grey: undecided)", fontsize=8
    )
    axes[1].errorbar(e.probability, y, xerr=2 * e.probability_sd, fmt="o", ms=4, color=POSTERIOR, lw=1.2)
    axes[1].axvline(1 / len(names), color=PRIOR, lw=0.8, ls="--")
    axes[1].set_xlim(0, None)
    axes[1].set_xlabel("probability after the data\n(dashed: before)", fontsize=8)
    axes[2].hlines(y, p.stacking_low, p.stacking_high, color=POSTERIOR, lw=1.2)
    axes[2].plot(p.stacking, y, "o", ms=4, color=POSTERIOR)
    axes[2].set_xlim(0, 1)
    axes[2].set_xlabel("stacking weight, time courses left out\n(89 % over data)", fontsize=8)
    axes[0].set_yticks(
        y,
        [f"{n} {', '.join(a) or 'no effect'}" for n, a in zip(names, c.joint.effects, strict=True)],
        fontsize=8,
    )
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8)
    fig.suptitle(f"{c.joint.question.title}: {c.joint.study.id}{mark}", fontsize=9)
    return fig


def content(c: Compared) -> dict[str, Any]:
    """The same for programs."""
    e, p, names = c.evidence, c.predictive, c.joint.hypotheses

    def key(d: bayes_factors.PriorDoubt) -> str:
        return (
            d.hypothesis
            if len(c.joint.effects[names.index(d.hypothesis)]) == 1
            else f"{d.hypothesis} {d.effect}"
        )

    def along(values: np.ndarray) -> dict[str, float]:
        return {n: float(v) for n, v in zip(names, values, strict=True)}

    return {
        "study": c.joint.study.id,
        "study_fingerprint": c.joint.study.fingerprint,
        "hypotheses": list(names),
        "sentences": sentences(c),
        "probability": along(e.probability),
        "probability_sd": along(e.probability_sd),
        "ln_bayes_factor": along(e.log_bf),
        "ln_bayes_factor_sd": along(e.log_bf_sd),
        "ess": along(e.ess),
        "inclusion": e.inclusion,
        "inclusion_sd": e.inclusion_sd,
        "elpd": along(p.total),
        "elpd_difference": along(p.difference),
        "elpd_difference_se": along(p.difference_se),
        "stacking": along(p.stacking),
        "stacking_low": along(p.stacking_low),
        "stacking_high": along(p.stacking_high),
        "pseudo_bma": along(p.averaging),
        "pseudo_bma_low": along(p.averaging_low),
        "pseudo_bma_high": along(p.averaging_high),
        "ln_evidence_of_mixture": c.log_evidence.tolist(),
        "effects": {h: list(v) for h, v in c.effects.items()},
        "other_priors": {key(d): d.alternatives | {"declared": d.declared} for d in c.doubts},
        "agent": c.joint.question.word,
        "every_choice": None if c.every is None else every_choice_files.content(c.every),
        "prior_decides": [d.hypothesis for d in c.doubts if d.decides],
        "tied": bayes_factors.tied(e, names),
        "fingerprints": {
            f.id: {"measured": bool(h), **along(r)}
            for f, h, r in zip(FINGERPRINTS[c.joint.question.input], c.held, c.ratio, strict=True)
        },
        "largest_pareto_k": float(np.max(p.k)),
    }
