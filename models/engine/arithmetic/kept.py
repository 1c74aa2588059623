"""A value that is computed once, whatever the compiler would rather do."""

from __future__ import annotations

from typing import Any

import jax
from jax import lax


def keep(x: Any) -> Any:
    """The same values, made real on the CPU, where XLA otherwise computes an intermediate again in every
    kernel that uses it; elsewhere a barrier would be the end of a kernel, and the start of kernels is what
    costs.
    """
    return lax.optimization_barrier(x) if jax.default_backend() == "cpu" else x
