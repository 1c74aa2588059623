"""Sliders for the cell in its niche, in a browser: `gp130 explore RUN` or `gp130 explore --prior`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from models.engine.machine import prepare_jax

if TYPE_CHECKING:
    from inference.explorer.controls import Explorer

app = new_app()


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="explore the declared priors, without any fit")
    ] = False,
    preset: options.Preset = "mm1s",
    hypothesis: options.Hypothesis = "H1",
    seed: Annotated[int, typer.Option(min=0)] = 1,
    port: Annotated[int, typer.Option(help="of the page on this machine; 0: any free one")] = 5006,
    show: Annotated[bool, typer.Option(help="open the browser")] = True,
) -> None:
    """Serve the explorer on this machine until Ctrl-C. The first answer waits for compilation (a minute or
    two).
    """
    options.source_of("explore", run, prior)
    prepare_jax(cores=1)
    from inference.explorer import controls as explore
    from inference.resistance import believed_from
    from models.drugs import shown_drugs

    _, source = believed_from.asked("explore", run, prior, hypothesis, force=True)
    typer.echo(f"Preparing the explorer of {source.name} (compiling first) ...")
    ready = explore.explorer(source, tuple(d for d, _ in shown_drugs()), preset, seed)
    import panel as pn

    typer.echo(f"http://localhost:{port} (Ctrl-C ends)")
    pn.extension("plotly")
    pn.serve(
        lambda: page(ready, source.name, source.mark),
        port=port,
        show=show,
        title="gp130 explorer",
        threaded=False,
    )


def page(e: Explorer, source: str, mark: str) -> Any:
    """Sliders on the left, figures on the right."""
    import numpy as np
    import panel as pn

    from inference.explorer import controls as explore
    from inference.resistance.conditions import CONDITIONS
    from models.drugs import drug

    network = e.few.what.system.network
    names = [d.name for d, _ in e.few.question.drugs]
    what = pn.widgets.Select(name="drug", options=names, value="dexamethasone")
    dose = pn.widgets.DiscreteSlider(
        name="dose (nM)", options=[0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4], value=300.0
    )
    where = pn.widgets.Select(
        name="surroundings",
        options={c.words: c.name for c in CONDITIONS.values()},
        value="niche",
    )
    estradiol = pn.widgets.DiscreteSlider(
        name="estradiol (nM)",
        options=[0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
        value=0.0,
        disabled=not e.few.estradiol,
    )
    factors = [round(float(x), 3) for x in 10 ** np.linspace(-1, 1, 9)]
    strengths = {
        n: pn.widgets.DiscreteSlider(
            name=f"{n}: {network.parameter(n).meaning}, times", options=factors, value=1.0
        )
        for n in e.sliders
    }

    def shown(*values: Any) -> Iterator[Any]:
        c = explore.Controls(
            drug(values[0]), values[1], values[2], values[3], dict(zip(strengths, values[4:], strict=True))
        )
        middle = explore.at_median(e, c)
        yield pn.Column(
            pn.pane.Markdown(f"### {explore.in_words(c, middle, None)}"),
            _plot(pn, explore.figure(c, middle, None, mark)),
        )
        spread = explore.bands(e, c)
        yield pn.Column(
            pn.pane.Markdown(f"### {explore.in_words(c, middle, spread)}"),
            _plot(pn, explore.figure(c, middle, spread, mark)),
        )

    settled = [
        w.param.value_throttled if hasattr(w.param, "value_throttled") else w.param.value
        for w in (what, dose, where, estradiol, *strengths.values())
    ]
    controls = pn.Column(
        pn.pane.Markdown(f"**Cell** from {source}. A hypothesis generator, not a clinical tool."),
        what,
        dose,
        where,
        estradiol,
        pn.pane.Markdown("**Feedback strengths**, as multiples of what is believed"),
        *strengths.values(),
        width=330,
    )
    return pn.Row(controls, pn.bind(shown, *settled), sizing_mode="stretch_width")


def _plot(pn: Any, figure: Any) -> Any:
    return pn.pane.Plotly(
        figure, sizing_mode="stretch_width", height=int(figure.layout.height), config={"displaylogo": False}
    )
