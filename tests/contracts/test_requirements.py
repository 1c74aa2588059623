"""What is installed is what the tests ran with: one list with the bytes of every file, for the whole tree."""

import importlib.metadata
import pathlib
import re
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "scripts" / "requirements"
LISTS = ("base", "cuda12", "cuda13")
TABLE = tomllib.loads((ROOT / "pyproject.toml").read_text())


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(name: str) -> dict[str, list[tuple[str, str]]]:
    """Package -> (version, rest of its entry); a package stands twice where versions differ by platform."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in re.split(r"\n(?=\S)", (FOLDER / f"{name}.txt").read_text().strip()):
        package, version, rest = re.match(r"([\w.-]+)==([^\s;\\]+)(.*)", entry, re.S).groups()
        found.setdefault(plain(package), []).append((version, rest))
    return found


@pytest.mark.parametrize("name", [*LISTS, "uv"])
def test_every_entry_of_a_list_has_hashes_and_names_no_host(name):
    assert not re.search(r"https?:|//|--(extra-)?index|--find-links", (FOLDER / f"{name}.txt").read_text())
    for package, versions in entries(name).items():
        for _, rest in versions:
            assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest), package


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_every_direct_dependency_in_its_tested_version(name):
    pinned = {plain(p): v for p, v in (c.split("==") for c in TABLE["tool"]["uv"]["constraint-dependencies"])}
    listed = {p: {v for v, _ in versions} for p, versions in entries(name).items()}
    wanted = TABLE["project"]["dependencies"] + TABLE["dependency-groups"]["dev"]
    for package in (plain(re.split(r"[\[<>=;]", d)[0]) for d in wanted):
        assert listed.get(package) == {pinned.get(package)}, f"{package}: run 'sh scripts/run.sh lock'"
    for package, version in pinned.items():
        assert listed.get(package, {version}) == {version}, package


def test_the_list_is_the_whole_tree_of_what_is_installed_here():
    """Walked from the declared dependencies through what each installed package says it needs."""
    listed, todo = entries("base"), [re.split(r"[\[<>=;]", d)[0] for d in TABLE["project"]["dependencies"]]
    seen: set[str] = set()
    while todo:
        name = plain(todo.pop())
        if name in seen:
            continue
        seen.add(name)
        assert name in listed, name
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        todo += [re.split(r"[\s\[<>=!~;(]", n)[0] for n in needs if ";" not in n]
    assert len(seen) > 40


def test_the_cuda_lists_bring_the_plugin_of_their_version():
    for version in ("12", "13"):
        assert f"jax-cuda{version}-plugin" in entries(f"cuda{version}")
    assert not [p for p in entries("base") if "cuda" in p or p.startswith("nvidia")]
