"""What the documents and docstrings speak of is there: files, modules, names in them, commands."""

import ast
import re
import tokenize

# A path from the root, or a module with what it defines; `*`, `NAME`, `ID` and the like stand for any.
PATH = re.compile(r"(?<![\w./~-])((?:models|inference|scripts|tests|results/shown)/[\w./*-]*[\w*/])")
DOTTED = re.compile(r"(?<![\w./])((?:models|inference)(?:\.\w+)+)(?![\w/])")
LINK = re.compile(r"\]\(([^)#\s]+)\)")
LAUNCHED = re.compile(r"\bsh scripts/run\.sh ([a-z][\w-]*)")
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b|\*")


def spoken(house):
    """(place, text) of all prose: Markdown files but what they show as a diff, docstrings and comments."""
    for name in house.tracked:
        if name.endswith(".md"):
            text = (house.root / name).read_text(encoding="utf-8")
            yield name, re.sub(r"^```diff$.*?^```$", "", text, flags=re.M | re.S)
    for module in house.modules:
        with (house.root / module.path).open("rb") as file:
            comments = [t.string for t in tokenize.tokenize(file.readline) if t.type == tokenize.COMMENT]
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        texts = [ast.get_docstring(n) or "" for n in ast.walk(module.tree) if isinstance(n, documented)]
        yield str(module.path), "\n".join(comments + texts)


def test_every_file_spoken_of_is_there(house):
    missing = [
        f"{place}: {path}"
        for place, text in spoken(house)
        for path in PATH.findall(text)
        if not PLACEHOLDER.search(path) and not (house.root / path.rstrip(".")).exists()
    ]
    assert not missing, "; ".join(missing)


def test_every_file_named_without_its_folder_is_somewhere(house):
    known = {name.rpartition("/")[2] for name in house.tracked}
    missing = [
        f"{place}: {name}"
        for place, text in spoken(house)
        if place.endswith(".md")
        for name in re.findall(r"`(\w+\.py)`", text)
        if name not in known
    ]
    assert not missing, "; ".join(missing)


def test_every_link_leads_somewhere(house):
    missing = [
        f"{name}: {link}"
        for name in house.tracked
        if name.endswith(".md")
        for link in LINK.findall((house.root / name).read_text(encoding="utf-8"))
        if "://" not in link and not (house.root / name).parent.joinpath(link).exists()
    ]
    assert not missing, "; ".join(missing)


def defined_in(tree: ast.Module) -> set[str]:
    """Names that a module defines, imports, or lists as strings (a lazy contents page)."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


def test_every_module_spoken_of_is_there_and_holds_what_is_said(house):
    trees = {m.name: m.tree for m in house.modules_in("models", "inference")}
    missing = []
    for place, text in spoken(house):
        for dotted in DOTTED.findall(text):
            parts = dotted.split(".")
            inner = max(n for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in trees)
            rest = parts[inner:]
            if rest and rest[0] not in defined_in(trees[".".join(parts[:inner])]):
                missing.append(f"{place}: {dotted}")
    assert not missing, "; ".join(missing)


def test_every_command_spoken_of_is_there(house):
    launcher = (house.root / "scripts" / "run.sh").read_text()
    for place, text in spoken(house):
        for word in LAUNCHED.findall(text):
            there = (house.root / "scripts" / f"{word.replace('-', '_')}.py").is_file() or re.search(
                rf"^ *{word}\)", launcher, re.M
            )
            assert there, f"{place}: sh scripts/run.sh {word}"
