"""Which module has no test of its own, and why.

A module has a test of its own if a test in the mirrored room (tests/ROOM for ROOM, or for the room above
where that has none) imports it. For every other one `tested_elsewhere.toml` says in one of three ways what
covers it: a test of another room, which must import it; `through MODULE`, which must import it and be covered
itself; or a reason in words, for a module or for a whole room.
"""

import ast
import tomllib


def imported_by(tree: ast.Module) -> set[str]:
    """Modules imported anywhere in a file, in functions too; `from a import b` counts as a and as a.b."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def without_test(house) -> set[str]:
    """Modules that no test of the mirrored room imports."""
    imported: dict[str, set[str]] = {}
    for test in house.modules_in("tests"):
        if test.path.name.startswith("test_"):
            imported.setdefault(str(test.path.parent), set()).update(imported_by(test.tree))
    found = set()
    for module in house.modules_in("models", "inference"):
        rooms = [f"tests/{room}" for room in module.path.parents]
        nearest = next(room for room in rooms if room in imported or room == "tests/.")
        if not module.is_init and module.name not in imported.get(nearest, set()):
            found.add(module.name)
    return found


def elsewhere(house) -> dict[str, str]:
    file = house.root / "tests" / "contracts" / "tested_elsewhere.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def test_every_module_has_a_test_of_its_own_or_a_reason(house, matches):
    table = elsewhere(house)
    rooms = {m.name for m in house.modules_in("models", "inference") if m.is_init}
    entries = {}
    for module in without_test(house):
        above = [r for r in table if r in rooms and module.startswith(r + ".")]
        entries[module] = module if module in table or not above else max(above, key=len)
    matches("no test", entries.values(), "no test of its own, and not told why", table)


def test_what_is_told_of_a_module_tested_elsewhere_is_so(house):
    files = {str(m.path): imported_by(m.tree) for m in house.modules}
    modules = {m.name: str(m.path) for m in house.modules_in("models", "inference")}
    untested, table = without_test(house), elsewhere(house)
    for module, told in table.items():
        assert module in modules, f"{module}: is not there"
        if told.startswith("tests/"):
            assert module in files.get(told, set()), f"{told} does not import {module}"
        elif told.startswith("through "):
            user = told.removeprefix("through ")
            assert module in files[modules[user]], f"{user} does not import {module}"
            assert user not in untested or user in table, f"{user} has no test itself"
        else:
            assert len(told.split()) >= 5, f"{module}: say why in words"
