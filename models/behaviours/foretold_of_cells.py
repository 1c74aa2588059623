"""Behaviours B61 to B64, written down before a population was simulated: protocol, bands, citation."""

from models.behaviours.foretold import Band, Foretold

# What does not come out, and why; its bands stay as they were written.
NOT_SHOWN: dict[str, str] = {
    "B63": "cells commit within 4 h of 10 nM, and their dead are cleared within a day, so that the share "
    "falls again after 36 h",
    "B64": "30 h after a division sisters are hardly more alike than strangers, for MCL-1 and NOXA decide "
    "and their memory of 12 h is assumed; what is found is within its error of the band (96 families: 0.1)",
}

FORETOLD_OF_CELLS: dict[str, Foretold] = {
    f.id: f
    for f in (
        Foretold(
            "B61",
            "bortezomib 0.5 to 100 nM, 48 h, a dish of cells that differ; and of cells that do not",
            (
                Band("Hill slope of viability", 1.5, 5),
                Band("IC50, nM", 2, 10),
                Band("Hill slope over that of cells that do not differ", 0.2, 0.9),
                Band("viability at 100 nM", high=0.1),
            ),
            "proteasome inhibitors have curves steeper than one site (Fallahi-Sichani 2013, remembered), "
            "and differences between cells flatten curves (the same, abstract); IC50 as B22",
        ),
        Foretold(
            "B62",
            "dexamethasone 1 nM to 10 uM, 48 h, a dish of cells that differ",
            (
                Band("Hill slope of viability", 0.5, 2.0),
                Band("viability at 10 uM", 0.15, 0.7),
                Band("viability at 10 uM less that at 1 uM", -0.1, 0.0),
            ),
            "one receptor, and a share that survives any dose (OPM-2 and RPMI-8226: Gomi 1990, abstract); "
            "slope remembered",
        ),
        Foretold(
            "B63",
            "bortezomib 10 nM, a dish of cells that differ: annexin V over time",
            (
                Band("annexin-V-positive share at 4 h", high=0.25),
                Band("at 24 h", 0.2, 0.85),
                Band("at 48 h", 0.5, 1.0),
                Band("smallest rise from one of 4, 8, 12, 24, 36, 48 h to the next", low=0.0),
            ),
            "inhibitors of the proteasome bring apoptosis that grows with dose and time in OPM-2, U266 and "
            "RPMI-8226 (PSI, MG-132: PubMed 12851815, abstract); shares remembered",
        ),
        Foretold(
            "B64",
            "bortezomib 5 nM, sister cells 1 h and 30 h after their division; time until the chance of "
            "being alive is a half",
            (
                Band("rank correlation of sisters, 1 h", 0.7, 1.0),
                Band("the same, 30 h", 0.1, 0.7),
                Band("the same, strangers", -0.35, 0.35),
                Band("10th to 90th centile of the time over its median", low=0.3),
            ),
            "sisters die alike and soon no more alike than any two cells (Spencer 2009, Rehm 2009, "
            "abstracts); onset of death varies from 1 to over 20 h within a clone (Rehm 2009)",
        ),
    )
}
