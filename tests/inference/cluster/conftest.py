"""A scheduler and two workers on this machine, each a process."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from inference.cluster.answering import address_of

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Cluster:
    """Processes by name, and what each has said."""

    folder: Path
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return str(self.folder / "scheduler.json")

    def start(self, name: str, *command: str, **environment: str) -> None:
        with (self.folder / f"{name}.log").open("w") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": str(ROOT), "XLA_FLAGS": ""} | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def scheduler(self) -> None:
        asked = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self.file)
        self.start("scheduler", "-m", "distributed.cli.dask_scheduler", *asked)

    def worker(self, name: str) -> None:
        self.start(name, "-P", "-m", "inference.command", "worker", self.file)

    def worker_of_squares(self, name: str) -> None:
        self.start(name, "-P", str(Path(__file__).parent / "squares.py"), self.file)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def squares() -> ModuleType:
    """The file that is also run as a worker."""
    spec = importlib.util.spec_from_file_location("squares", Path(__file__).parent / "squares.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["squares"] = module  # where the types of its records are looked up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    made = Cluster(tmp_path)
    try:
        made.scheduler()
        address_of(made.file)
        yield made
    finally:
        made.stop()
