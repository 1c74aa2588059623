"""What the contract tests look at: the files that git tracks, modules as text and as syntax tree."""

import ast
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Module:
    """A Python file: where it lies below the root, how it is imported, what it says."""

    path: pathlib.Path
    name: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_init(self) -> bool:
        return self.path.name == "__init__.py"


@dataclass(frozen=True)
class House:
    """The checkout. Files that are deleted but not committed as such do not count."""

    root: pathlib.Path

    @functools.cached_property
    def tracked(self) -> list[str]:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=self.root, capture_output=True, text=True, check=True
        )
        return [name for name in listed.stdout.splitlines() if (self.root / name).is_file()]

    @functools.cached_property
    def modules(self) -> list[Module]:
        return [
            Module(
                pathlib.Path(name),
                name.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
                (self.root / name).read_text(encoding="utf-8"),
            )
            for name in self.tracked
            if name.endswith(".py")
        ]

    def modules_in(self, *folders: str) -> list[Module]:
        return [m for m in self.modules if m.path.parts[0] in folders]

    def run(
        self, *command: str | pathlib.Path, cwd: pathlib.Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd or self.root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def house() -> House:
    return House(pathlib.Path(__file__).resolve().parents[2])


@pytest.fixture(scope="session")
def matches(house):
    """Compares what a contract finds with its exceptions: a new finding fails, and so does an exception that
    nothing needs any more. What is not yet true stands in not_yet.toml, which only shrinks.
    """
    listed = house.root / "tests" / "contracts" / "not_yet.toml"
    not_yet = tomllib.loads(listed.read_text()) if listed.exists() else {}

    def compared(contract: str, found, remedy: str, excepted=()) -> None:
        allowed = {*excepted, *not_yet.get(contract, ())}
        new, needless = sorted(set(found) - allowed), sorted(allowed - set(found))
        assert not new, f"{contract}: {remedy}: " + "; ".join(new)
        assert not needless, f"{contract}: no longer an exception: " + "; ".join(needless)

    return compared


@pytest.fixture(scope="session")
def additions(house) -> dict[str, list[str]]:
    """Heading -> files that its example in CONTRIBUTING.md touches, for each that is shown as a diff."""
    text = (house.root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    examples = re.findall(r"^### (.+?)$(.*?)(?=^##)", text, re.M | re.S)
    touched = {h: re.findall(r"^\+\+\+ b/(\S+)$", body, re.M) for h, body in examples}
    return {heading: files for heading, files in touched.items() if files}


@pytest.fixture(scope="session")
def extended(house, tmp_path_factory) -> pathlib.Path:
    """A copy of both packages with every example of CONTRIBUTING.md applied."""
    copy = tmp_path_factory.mktemp("extended")
    for name in house.tracked:
        if name.startswith(("models/", "inference/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(house.root / name, copy / name)
    text = (house.root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for example in re.findall(r"^```diff\n(.*?)^```", text, re.M | re.S):
        applied = subprocess.run(
            ["git", "apply", "-C1", "-"],
            cwd=copy,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(copy.parent)},
            input=example,
            capture_output=True,
            text=True,
            check=False,
        )
        assert applied.returncode == 0, applied.stderr + example
    return copy
