"""Writes the network of each built-in study as SBML into its folder: python -m inference.study.built_in."""

from __future__ import annotations

from pathlib import Path

from models.catalogue import core
from models.network import Network
from models.sbml.writer import to_sbml

FOLDER = Path(__file__).parents[1] / "studies"


def networks() -> dict[str, Network]:
    """Study -> the assembly it is about."""
    return {"il6_feedback_estradiol": core(socs3_transit=True)}


def main() -> None:
    """Bring every `network.xml` up to date with the tables in `models/pathways`."""
    for study, network in networks().items():
        path = FOLDER / study / "network.xml"
        path.write_text(to_sbml(network))
        print(
            f"{path}: {len(network.species)} species, {len(network.parameters)} parameters, fingerprint "
            f"{network.fingerprint}"
        )


if __name__ == "__main__":
    main()
