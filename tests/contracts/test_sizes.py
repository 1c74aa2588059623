"""A module answers one question, a function fits on a screen; a longer one says why on its first line."""

import ast
import re

LINES_OF_A_MODULE, LINES_OF_A_FUNCTION = 400, 60
REASON = re.compile(r"#.*\blong: \w")


def test_no_module_is_longer_than_one_question(house, matches):
    long = {
        str(m.path)
        for m in house.modules_in("models", "inference", "scripts")
        if m.text.count("\n") > LINES_OF_A_MODULE
    }
    tables = {"models/pathways/nfkb.py": "one table: a row a line, and no line that could lie elsewhere"}
    matches("long modules", long, f"more than {LINES_OF_A_MODULE} lines, split", tables)


def functions(module):
    """(name, whether it is long, numbers of the lines of its signature) of each function."""
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            long = (node.end_lineno or node.lineno) - node.lineno + 1 > LINES_OF_A_FUNCTION
            yield node.name, long, range(node.lineno, max(node.body[0].lineno, node.lineno + 1))


def test_no_function_is_longer_than_a_screen_without_its_reason(house, matches):
    found = set()
    for module in house.modules_in("models", "inference", "scripts"):
        lines = ["", *module.text.splitlines()]
        for name, long, signature in functions(module):
            if long and not any(REASON.search(lines[number]) for number in signature):
                found.add(f"{module.path}:{name}")
    remedy = f"more than {LINES_OF_A_FUNCTION} lines, divide, or say why beside `def` (# long: reason)"
    matches("long functions", found, remedy)


def test_a_reason_for_length_stands_beside_a_long_function_only(house):
    for module in house.modules_in("models", "inference", "scripts"):
        reasoned = {number for _, long, signature in functions(module) if long for number in signature}
        for number, line in enumerate(module.text.splitlines(), 1):
            assert not REASON.search(line) or number in reasoned, f"{module.path}:{number}: is not long"
