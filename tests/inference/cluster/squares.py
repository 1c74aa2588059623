"""Work that computes nothing worth compiling: what is tested is who does it. Also run as a worker."""

import os
import pathlib
import sys
import time
from dataclasses import dataclass

import numpy as np

from inference.cluster import recipes
from inference.cluster.answering import serve
from inference.study.portable_work import Recipe


@dataclass(frozen=True)
class SquareFacts:
    """Where each block says that it has begun, and how long it takes."""

    folder: str
    seconds: float


def _squares(study, facts: SquareFacts):
    def of(numbers):
        begun = pathlib.Path(facts.folder) / f"{os.getpid()}-{int(numbers[0])}"
        begun.touch()
        if numbers[0] < 0:
            raise ValueError("a negative number")
        time.sleep(facts.seconds)
        return (np.asarray(numbers) ** 2 + len(study.unknowns),)

    return of


SQUARES = Recipe("squares", SquareFacts, _squares)

if __name__ == "__main__":
    recipes.RECIPES = {**recipes.RECIPES, SQUARES.name: SQUARES}
    serve(sys.argv[1])
