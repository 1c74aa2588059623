"""Nothing in the sources turns text or bytes into code, but for a few places that say why they may."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(p for d in ("models", "inference", "scripts") for p in (ROOT / d).rglob("*.py"))

# What may evaluate its argument, or unpack a pickled object, by the last part of its name.
EVALUATES = {
    "eval",
    "exec",
    "compile_command",
    "__import__",
    "import_module",
    "run_path",
    "run_module",
    "sympify",
    "S",
    "parse_expr",
    "parse_mathematica",
    "parse_latex",
    "lambdify",
    "lambdastr",
    "nsimplify",
    "autowrap",
    "ufuncify",
    "query",
    "read_pickle",
    "read_hdf",
    "full_load",
    "unsafe_load",
    "load_all",
    "Unpickler",
    "system",
    "popen",
}
MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "code", "numexpr"}
ALLOWED = {
    ("models/formula.py", "sympify"): "strict: text is refused",
    ("models/formula.py", "lambdify"): "the one door: formulas of declared names alone, each renamed",
    ("models/network.py", "nsimplify"): "a stoichiometric coefficient, which is a number",
    ("models/sbml/writer.py", "nsimplify"): "a stoichiometric coefficient, which is a number",
    ("models/engine/compile.py", "nsimplify"): "a constant that is built in, which is a number",
    ("models/comparisons.py", "nsimplify"): "a time, which is an expression and no text any more",
    ("inference/study/dishes/happenings.py", "sympify"): "a value of an input: a number or an expression",
    ("models/readouts.py", "sympify"): "a number, by the walk over a formula of our own",
    ("inference/calibration/by_pypesto.py", "import_module"): "pyPESTO, by names of ours",
    ("inference/command/contents.py", "import_module"): "a command of the list, by the folder it lies in",
    ("inference/face/lazily.py", "import_module"): "a module of the face's own list of names",
    ("models/benchmark/amici.py", "import_module"): "what AMICI has compiled from our own network",
}


def called(call: ast.Call) -> tuple[str, str]:
    """(what stands before the last dot, the name called)."""
    f = call.func
    if isinstance(f, ast.Attribute):
        return ast.unparse(f.value), f.attr
    return "", f.id if isinstance(f, ast.Name) else ""


def says(call: ast.Call, keyword: str, value: object) -> bool:
    return any(
        k.arg == keyword and isinstance(k.value, ast.Constant) and k.value.value is value
        for k in call.keywords
    )


def findings(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, name) of each call or import that could turn text into code."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            found += [(node.lineno, n) for n in names if n.split(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        before, name = called(node)
        root = before.split(".")[0]
        loads = name == "load" and root in ("np", "numpy") and not says(node, "allow_pickle", False)
        yaml = name in ("load", "unsafe_load") and root == "yaml"
        shell = any(k.arg == "shell" and not says(node, "shell", False) for k in node.keywords)
        builtin = name == "compile" and not before
        if name in EVALUATES or loads or yaml or shell or builtin:
            found.append((node.lineno, name))
    return found


def test_no_source_evaluates_text_but_where_it_says_why():
    used = set()
    for path in SOURCES:
        place = path.relative_to(ROOT).as_posix()
        for line, name in findings(ast.parse(path.read_text(encoding="utf-8"))):
            assert (place, name) in ALLOWED, f"{place}:{line}: {name} could evaluate what a file says"
            used.add((place, name))
    assert used == set(ALLOWED), "an exception that nobody needs any more"


@pytest.mark.parametrize(
    "text",
    [
        "eval(x)",
        "sp.sympify(x)",
        "sympy.lambdify(x, y)",
        "np.load(p)",
        "np.load(p, allow_pickle=True)",
        "yaml.load(f)",
        "import pickle",
        "from pickle import loads",
        "subprocess.run(x, shell=True)",
        "importlib.import_module(x)",
        "frame.query(x)",
        "compile(x, '', 'exec')",
        "os.system(x)",
    ],
)
def test_the_walk_sees_each_kind(text):
    assert findings(ast.parse(text))


@pytest.mark.parametrize(
    "text", ["np.load(p, allow_pickle=False)", "yaml.safe_load(f)", "re.compile(x)", "labelled_tree.load(p)"]
)
def test_the_walk_lets_harmless_ones_pass(text):
    assert not findings(ast.parse(text))


def test_text_is_no_formula():
    import sympy as sp

    from models.declare import Derived, Reaction, Species
    from models.formula import FormulaError, formula, function_of
    from models.ratelaws import hill

    touched = ROOT / "touched"
    text = f"__import__('pathlib').Path({str(touched)!r}).touch()"
    x = Species("x", 1.0, "nM", "protein")
    for attempt in (
        lambda: formula(text),
        lambda: Reaction(x, (), text, "lost"),
        lambda: Derived("d", text, "nM", "level"),
        lambda: x * text,
        lambda: text + x,
        lambda: hill(text, 1.0),
        lambda: function_of([sp.Symbol("x")], text, [{}]),
        lambda: function_of([sp.Symbol("x")], sp.Symbol(text), [{}]),
        lambda: function_of([sp.Symbol("x")], sp.Function("__import__")(sp.Symbol("x")), [{}]),
    ):
        with pytest.raises(FormulaError):
            attempt()
    assert not touched.exists()


def test_an_argument_may_have_any_name():
    import sympy as sp

    from models.formula import function_of

    hostile = sp.Symbol("__import__('os').getcwd()")
    assert function_of([hostile], hostile + 1, [{}])(2.0) == 3.0
