"""What CONTRIBUTING.md shows can be done: its examples apply, its Python runs, a release has one version."""

import ast
import re
import tomllib


def test_each_example_touches_at_most_two_files_that_are_there(additions):
    assert len(additions) >= 6
    for heading, touched in additions.items():
        assert len(touched) <= 2, f"{heading}: {', '.join(touched)}"


def test_examples_are_python_of_our_style(house, extended, additions):
    """Each file that an example touches can be parsed, and no line of an example is too long."""
    for touched in additions.values():
        for name in touched:
            ast.parse((extended / name).read_text(encoding="utf-8"))
    added = re.findall(r"^\+(?!\+\+)(.*)$", (house.root / "CONTRIBUTING.md").read_text(), re.M)
    assert max(map(len, added)) <= 110


def test_the_table_of_what_to_touch_names_what_the_examples_touch(house, additions):
    table = re.findall(r"^\| an? ([\w -]+?) \| (.+?) \|", (house.root / "CONTRIBUTING.md").read_text(), re.M)
    told = {what: set(re.findall(r"`(\w[\w/]*\.py)`", touch)) for what, touch in table}
    for heading, touched in additions.items():
        what = next(w for w in told if heading.split()[1] in w.split())
        assert told[what] <= set(touched), heading


def test_one_version_stands_everywhere(house):
    version = tomllib.loads((house.root / "pyproject.toml").read_text())["project"]["version"]
    cited = re.search(r"^version: (\S+)$", (house.root / "CITATION.cff").read_text(), re.M)
    released = re.findall(r"^## \[(\d\S*)\]", (house.root / "CHANGELOG.md").read_text(), re.M)
    assert cited is not None
    assert version == cited[1] == released[0]
