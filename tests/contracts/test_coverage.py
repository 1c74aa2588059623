"""Which module has no test of its own, and why.

A module has a test of its own if a test in the mirrored room (tests/ROOM for ROOM) imports it. Where a test
elsewhere is the better place, the table names that file, which must import the module; any other entry is the
reason in words.
"""

import ast

ELSEWHERE: dict[str, str] = {}


def imported_by(tree: ast.Module) -> set[str]:
    """Modules imported anywhere in a file, in functions too; `from a import b` counts as a and as a.b."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_module_has_a_test_of_its_own_or_a_reason(house, matches):
    tests = [m for m in house.modules_in("tests") if m.path.name.startswith("test_")]
    imported: dict[str, set[str]] = {}
    for test in tests:
        imported.setdefault(str(test.path.parent), set()).update(imported_by(test.tree))
    without = {
        m.name
        for m in house.modules_in("models", "inference")
        if not m.is_init and m.name not in imported.get(f"tests/{m.path.parent}", set())
    }
    matches("no test", without, "no test in the mirrored room imports it", ELSEWHERE)


def test_a_test_named_as_the_place_of_another_imports_it(house):
    tests = {str(m.path): imported_by(m.tree) for m in house.modules_in("tests")}
    for module, place in ELSEWHERE.items():
        if place.startswith("tests/"):
            assert module in tests[place], f"{place} does not import {module}"
        else:
            assert len(place.split()) >= 4, f"{module}: say why in words"
