"""The samplers that can be asked for by name."""

from __future__ import annotations

from collections.abc import Mapping

from inference.samplers.chees import Chees
from inference.samplers.nuts import Nuts
from inference.samplers.sampler import Sampler, SamplerError
from inference.samplers.smc import TemperedSmc

SAMPLERS: Mapping[str, Sampler] = {"nuts": Nuts(), "chees": Chees(), "smc": TemperedSmc()}


def sampler_called(name: str) -> Sampler:
    """The sampler of that name.

    Raises:
        SamplerError: there is none.
    """
    if name not in SAMPLERS:
        raise SamplerError(f"`sampler` {name}: is not one of {', '.join(SAMPLERS)}")
    return SAMPLERS[name]
