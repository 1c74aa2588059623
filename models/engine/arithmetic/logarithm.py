"""The natural logarithm by arithmetic alone, which XLA on the CPU vectorises; its own calls the C library
once a number.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

# Coefficients and splitting of ln 2: fdlibm, e_log.c (Sun Microsystems 1993); error below 1 unit in the last
# place.
SERIES = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
ROOT_HALF = int(np.float64(np.sqrt(0.5)).view(np.int64))


def log(x: Any) -> Any:
    """ln x of normal positive numbers; infinity and NaN stay what they are, and 0 and negative numbers are
    not for this function.
    """
    if jnp.result_type(x) != jnp.float64 or jax.default_backend() != "cpu":
        return jnp.log(x)
    return _log(jnp.asarray(x))


@jax.custom_jvp
def _log(x: Any) -> Any:
    """x = 2^k (1 + f) with 1 + f between the roots of 1/2 and 2, and ln(1 + f) by an odd series in s = f / (2
    + f).
    """
    bits = lax.bitcast_convert_type(x, jnp.int64)
    power = lax.shift_right_arithmetic(bits - ROOT_HALF, jnp.int64(52))
    k = power.astype(x.dtype)
    f = lax.bitcast_convert_type(bits - lax.shift_left(power, jnp.int64(52)), jnp.float64) - 1.0
    s = f / (2.0 + f)
    z, series = s * s, 0.0
    for c in reversed(SERIES):
        series = z * (c + series)
    half = 0.5 * f * f
    found = k * LN2_HIGH - ((half - (s * (half + series) + k * LN2_LOW)) - f)
    return jnp.where(x < jnp.inf, found, x)


@_log.defjvp
def _slope(primals: Any, tangents: Any) -> Any:
    (x,), (moved,) = primals, tangents
    return _log(x), moved / x
