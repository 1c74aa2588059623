"""Only `inference.command` knows the command line: below it an error names fields, never options."""

import ast
import re

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")

# Words for programs of others, by file.
TO_OTHERS = {"models/engine/machine.py": {"--xla"}, "inference/fit/run_folder.py": {"--xla"}}


def test_nothing_below_the_commands_speaks_command_line(house, matches):
    found = set()
    for module in house.modules_in("models", "inference"):
        if module.name.startswith("inference.command"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said = set(OPTION.findall(node.value)) - TO_OTHERS.get(str(module.path), set())
                if said:
                    found.add(str(module.path))
    matches("command line", found, "an option of a command in a text (name the field in backticks instead)")
