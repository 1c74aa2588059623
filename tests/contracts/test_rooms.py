"""One subject, one room; one name, one thing; tests in the same rooms as the code."""

import ast
import collections
import pathlib

FILES_IN_A_ROOM = 15


def test_no_room_holds_more_files_than_can_be_overlooked(house, matches):
    count = collections.Counter(
        str(m.path.parent)
        for m in house.modules_in("models", "inference", "scripts", "tests")
        if not m.is_init
    )
    crowded = {folder for folder, files in count.items() if files > FILES_IN_A_ROOM}
    launchers = {"scripts": "one launcher of three lines a command, as the documents name them"}
    matches("crowded", crowded, f"more than {FILES_IN_A_ROOM} Python files, split", launchers)


def test_no_two_modules_share_a_file_name(house, matches):
    count = collections.Counter(m.path.name for m in house.modules_in("models", "inference") if not m.is_init)
    matches("two modules", {name for name, files in count.items() if files > 1}, "one name, two modules")


def test_no_class_name_means_two_things(house, matches):
    count = collections.Counter(
        node.name
        for m in house.modules_in("models", "inference")
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ClassDef)
    )
    matches("two classes", {name for name, n in count.items() if n > 1}, "one name, two classes")


def test_a_room_of_tests_is_a_room_of_the_code(house):
    """tests/models/engine tests models/engine; what crosses rooms lies in the folders made for it."""
    across = {"agreement", "contracts", "helpers", "laws", "statistics"}
    for module in house.modules_in("tests"):
        room = pathlib.Path(*module.path.parts[1:-1])
        assert not room.parts or room.parts[0] in across or (house.root / room).is_dir(), module.path
