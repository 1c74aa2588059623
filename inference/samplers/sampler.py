"""What a sampler is: all that is known of a method, and how it draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, replace
from importlib.util import find_spec
from typing import ClassVar

from inference.likelihood.problem import Problem
from inference.runs.run import Run
from inference.runs.settings import Settings, Sizes
from inference.samplers.draws import Draws


class SamplerError(ValueError):
    """A sampler that cannot run here: place, finding, remedy."""


class Sampler(ABC):
    """A way to draw from a posterior. A new one is a class like this in a file of its own, and a line in
    `inference.samplers.choices`; or an object of it is given to `fit`.

    Attributes:
        name: by which it is asked for and kept in a run.
        words: one line on what it is good for.
        full, quick: how much it draws in a run for use, and in one that only exercises everything.
        packages: modules it needs beyond those that every run needs, with their names in words.
    """

    name: ClassVar[str]
    words: ClassVar[str]
    full: ClassVar[Sizes]
    quick: ClassVar[Sizes]
    packages: ClassVar[tuple[tuple[str, str], ...]] = ()

    @abstractmethod
    def run(self, problem: Problem, settings: Settings, run: Run) -> Draws | None:
        """Draws of the problem, kept piece by piece in the folder of the run; None if it was stopped.

        The same call goes on where it stopped, and ends with the same draws as if it had not.
        """

    def longest(self, settings: Settings) -> int | None:
        """Most leapfrog steps of a draw, where to reach them tells that a run is slow."""
        return None

    def sized(self, settings: Settings) -> Settings:
        """The same settings, of this sampler and as long as it needs to be."""
        return replace(settings, sampler=self.name, **asdict(self.quick if settings.quick else self.full))

    def require(self) -> None:
        """Raise `SamplerError` if a package that it needs is not installed here."""
        for module, said in self.packages:
            if find_spec(module) is None:
                raise SamplerError(
                    f"`sampler` {self.name}: needs {said}, which is not installed here: install {module} or "
                    "choose another `sampler`"
                )
