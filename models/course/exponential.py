"""Exponentials of many small matrices at once."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import numpy as np
from jaxtyping import Float

SQUARINGS = 64  # at most, so that no matrix of ours is too large
SIZE = 4096  # matrices a call: one compiled program serves any number

_many = jax.jit(jax.vmap(partial(jax.scipy.linalg.expm, max_squarings=SQUARINGS)))


def exponentials(matrices: Float[np.ndarray, "*many row row"]) -> Float[np.ndarray, "*many row row"]:
    """The exponential of each matrix.

    Example:
        >>> bool(np.allclose(exponentials(np.zeros((2, 3, 3))), np.eye(3)))
        True
    """
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    size = min(SIZE, 1 << (len(flat) - 1).bit_length())
    found = [_many(jnp.asarray(np.resize(flat[i : i + size], (size, *flat.shape[1:])))) for i in
             range(0, len(flat), size)]  # fmt: skip
    return np.concatenate([np.asarray(x) for x in found])[: len(flat)].reshape(matrices.shape)
