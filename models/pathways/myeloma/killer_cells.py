"""Daratumumab on CD38, and the natural killer cells without which it does nothing here."""

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    Reaction,
    assumed,
    elsewhere,
    log_normal,
    memory,
)


class KillerCells(Pathway):
    """Death by effector cells, beside apoptosis.

    Complement, phagocytes, the loss of CD38 and the killing of killer cells by each other are not here.
    """

    N, D = elsewhere("N D")
    dara = Input("dara", 0.0, "nM", "daratumumab, binds CD38")
    NK = Input("NK", 0.0, "1e6/mL", "natural killer cells, the effector of daratumumab; 0 = none in the dish")

    n_38 = Parameter(
        "n_38",
        1.0,
        "-",
        "CD38 of the cell over that of a line that is killed",
        assumed("an input of the cell; the response goes with it (Blood 2016 128:959, abstract)"),
        log_normal(0.5),
        ("abundance",),
    )
    K_dara = Parameter(
        "K_dara",
        0.2,
        "nM",
        "half-maximal killing by daratumumab",
        memory("tens of ng/mL in assays of killing by effector cells"),
        log_normal(0.7),
        ("drug",),
    )
    k_NK = Parameter(
        "k_NK",
        6e-4,
        "mL/1e6/min",
        "killing by a million effector cells per mL",
        assumed("about half of the cells in a day at three to one; assays last hours, at higher ratios"),
        log_normal(0.7),
        ("drug",),
    )

    oCD38 = Derived("oCD38", n_38 * dara / (K_dara + dara), "-", "CD38 that carries daratumumab")

    killed = Reaction(
        N, D, k_NK * NK * oCD38 * N, "natural killer cells kill what carries daratumumab (stated effector)"
    )
