"""One part of the benchmark in a process of its own, `benchmark_part NAME JSON CORES`; prints progress on
stderr, its result as JSON.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Pin to the cores asked for (0: all), then measure."""
    name, work, cores = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
    from models.engine.machine import DeviceError, prepare_jax

    try:
        prepare_jax(cores=cores or None)
    except DeviceError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    from models.benchmark import speed

    print(json.dumps(speed.PARTS[name](**work)))


if __name__ == "__main__":
    main()
