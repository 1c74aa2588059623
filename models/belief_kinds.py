"""The kinds of belief about one number: each knows its density, quantiles, draws, words and name in PEtab.

Every method takes the `centre`: the value that the parameter has in the cell at hand. The same declaration
serves every kind of cell, and a preset that sets a parameter moves its belief with it.

Reading a table needs no array library, so NumPy and SciPy are loaded when a number is asked for, not before.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, final

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["fixed", "log_normal", "logit_normal", "beta", "half_normal", "dirichlet"]
Family = tuple[str, tuple[float, ...]]  # name, parameters, as `inference.study.priors` and PEtab have them


class Belief(ABC):
    """What is believed of a number before any data, in the number's own unit.

    Attributes:
        kind: how files name it.
        estimated: whether an analysis may move the number at all.
        shared: whether it is one of a group of shares, which are drawn and normalised together.
    """

    kind: ClassVar[Kind]
    estimated: ClassVar[bool] = True
    shared: ClassVar[bool] = False

    def possible(self, centre: float) -> bool:
        """Whether the belief leaves the number any room around this centre (nothing scatters around 0)."""
        return centre > 0

    @abstractmethod
    def words(self, centre: float) -> str:
        """In words, for tables."""

    @abstractmethod
    def family(self, centre: float) -> Family | None:
        """Name and parameters of the prior as studies write it; None if the number is not estimated alone."""

    @abstractmethod
    def density(self, value: np.ndarray, centre: float) -> np.ndarray:
        """Probability density with respect to the number itself."""

    @abstractmethod
    def quantile(self, u: np.ndarray, centre: float) -> np.ndarray:
        """The value below which lies the share `u` of the belief."""

    @abstractmethod
    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One value a standard normal, a function of it where there is one; `rng` serves the others."""

    @abstractmethod
    def ln_per_normal(self, value: np.ndarray, centre: float) -> np.ndarray:
        """d ln(value) / dz, z the standard normal of the same quantile: the scale of one prior sd."""

    def ln_of_normal(self, z: Any, centre: float, arrays: Any) -> Any:
        """ln of the value whose standard normal is `z`; `arrays` is the library of `z` (NumPy, jax.numpy).

        Raises:
            ValueError: the number is no function of a normal in closed form.
        """
        raise ValueError(f"{self.kind}: has no transform from a normal in closed form: use its quantiles")

    def record(self) -> BeliefRecord:
        """As plain values for files."""
        a, b = (*vars(self).values(), 0.0, 0.0)[:2]
        return BeliefRecord(self.kind, a, b)


@final
@dataclass(frozen=True)
class Fixed(Belief):
    """Never estimated."""

    kind: ClassVar[Kind] = "fixed"
    estimated: ClassVar[bool] = False

    def possible(self, centre: float) -> bool:
        return False

    def words(self, centre: float) -> str:
        return "fixed"

    def family(self, centre: float) -> Family | None:
        return None

    def density(self, value: np.ndarray, centre: float) -> np.ndarray:
        raise self._none()

    def quantile(self, u: np.ndarray, centre: float) -> np.ndarray:
        raise self._none()

    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        raise self._none()

    def ln_per_normal(self, value: np.ndarray, centre: float) -> np.ndarray:
        raise self._none()

    def _none(self) -> ValueError:
        return ValueError("a fixed number has no distribution: leave it out of what is drawn")


@final
@dataclass(frozen=True)
class LogNormal(Belief):
    """Positive, median at the centre; `sd` of ln."""

    sd: float
    kind: ClassVar[Kind] = "log_normal"

    def words(self, centre: float) -> str:
        return f"log-normal, sd of ln {self.sd:g}"

    def family(self, centre: float) -> Family | None:
        return "log-normal", (math.log(centre), self.sd)

    def density(self, value: np.ndarray, centre: float) -> np.ndarray:
        from scipy import stats

        return stats.lognorm.pdf(value, self.sd, scale=centre)

    def quantile(self, u: np.ndarray, centre: float) -> np.ndarray:
        import numpy as np
        from scipy import stats

        return centre * np.exp(self.sd * stats.norm.ppf(u))

    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        import numpy as np

        return centre * np.exp(self.sd * normal)

    def ln_per_normal(self, value: np.ndarray, centre: float) -> np.ndarray:
        import numpy as np

        return np.full_like(value, self.sd)

    def ln_of_normal(self, z: Any, centre: float, arrays: Any) -> Any:
        return arrays.log(centre) + self.sd * z


@final
@dataclass(frozen=True)
class LogitNormal(Belief):
    """Share in 0..1, median at the centre; `sd` of the logit."""

    sd: float = 1.0
    kind: ClassVar[Kind] = "logit_normal"

    def possible(self, centre: float) -> bool:
        return 0 < centre < 1

    def words(self, centre: float) -> str:
        return f"logit-normal, sd {self.sd:g}"

    def family(self, centre: float) -> Family | None:
        return "logit-normal", (math.log(centre / (1 - centre)), self.sd)

    def density(self, value: np.ndarray, centre: float) -> np.ndarray:
        from scipy import stats
        from scipy.special import logit

        return stats.norm.pdf(logit(value), logit(centre), self.sd) / (value * (1 - value))

    def quantile(self, u: np.ndarray, centre: float) -> np.ndarray:
        from scipy import stats
        from scipy.special import expit, logit

        return expit(logit(centre) + self.sd * stats.norm.ppf(u))

    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        import numpy as np

        logit = np.log(centre / (1 - centre)) + self.sd * normal
        return 1 / (1 + np.exp(-logit))

    def ln_per_normal(self, value: np.ndarray, centre: float) -> np.ndarray:
        return self.sd * (1 - value)

    def ln_of_normal(self, z: Any, centre: float, arrays: Any) -> Any:
        return -arrays.logaddexp(-(math.log(centre / (1 - centre)) + self.sd * z), 0.0)


class _Standard(Belief):
    """A belief whose density, quantiles and distribution function are SciPy's."""

    @abstractmethod
    def distribution(self, centre: float) -> Any:
        """The frozen distribution of `scipy.stats`."""

    def density(self, value: np.ndarray, centre: float) -> np.ndarray:
        return self.distribution(centre).pdf(value)

    def quantile(self, u: np.ndarray, centre: float) -> np.ndarray:
        return self.distribution(centre).ppf(u)

    def ln_per_normal(self, value: np.ndarray, centre: float) -> np.ndarray:
        # dv/dz = phi(z) / density(v)
        import numpy as np
        from scipy import stats

        d = self.distribution(centre)
        z = stats.norm.ppf(np.clip(d.cdf(value), 1e-12, 1 - 1e-12))
        return stats.norm.pdf(z) / np.maximum(d.pdf(value) * value, 1e-300)


@final
@dataclass(frozen=True)
class Beta(_Standard):
    """Share in 0..1, wherever the centre is."""

    a: float
    b: float
    kind: ClassVar[Kind] = "beta"

    def possible(self, centre: float) -> bool:
        return True

    def words(self, centre: float) -> str:
        return f"Beta({self.a:g}, {self.b:g})"

    def family(self, centre: float) -> Family | None:
        return "beta", (self.a, self.b)

    def distribution(self, centre: float) -> Any:
        from scipy import stats

        return stats.beta(self.a, self.b)

    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.beta(self.a, self.b, normal.shape)


@final
@dataclass(frozen=True)
class HalfNormal(_Standard):
    """Non-negative, largest density at 0, wherever the centre is."""

    sd: float
    kind: ClassVar[Kind] = "half_normal"

    def possible(self, centre: float) -> bool:
        return True

    def words(self, centre: float) -> str:
        return f"half-normal, sd {self.sd:g}"

    def family(self, centre: float) -> Family | None:
        return "half-normal", (self.sd,)

    def distribution(self, centre: float) -> Any:
        from scipy import stats

        return stats.halfnorm(scale=self.sd)

    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        import numpy as np

        return np.abs(self.sd * normal)


@final
@dataclass(frozen=True)
class Dirichlet(_Standard):
    """One of a group of shares of one whole, mean at the centre; `total` concentration of the whole group.

    Shares that are gamma(total x centre) each, divided by their sum, are Dirichlet: alone, a share is that
    gamma, and whoever draws it divides by the sum of its group.
    """

    total: float
    kind: ClassVar[Kind] = "dirichlet"
    shared: ClassVar[bool] = True

    def concentration(self, centre: float) -> float:
        """Of this share."""
        return self.total * centre

    def words(self, centre: float) -> str:
        return f"Dirichlet, {self.concentration(centre):g}"

    def family(self, centre: float) -> Family | None:
        return None

    def distribution(self, centre: float) -> Any:
        from scipy import stats

        return stats.gamma(self.concentration(centre))

    def draw(self, centre: float, normal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.gamma(self.concentration(centre), size=normal.shape)


KINDS: Mapping[str, tuple[type[Belief], int]] = {
    c.kind: (c, len(fields(c))) for c in (Fixed, LogNormal, LogitNormal, Beta, HalfNormal, Dirichlet)
}


@dataclass(frozen=True)
class BeliefRecord:
    """A belief in a file: its kind and at most two numbers, whatever its class is called."""

    kind: Kind
    a: float = 0.0
    b: float = 0.0

    def belief(self) -> Belief:
        """The belief itself."""
        made, numbers = KINDS[self.kind]
        return made(*(self.a, self.b)[:numbers])
