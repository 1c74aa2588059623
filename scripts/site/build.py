"""Build the site into `results/site`: `sh scripts/run.sh site [--no-tutorials] [FOLDER]`.

Sources are the pages and tutorials here, the documents of the repository, the docstrings, and what the
package says of its own commands and numbers. Tutorials are run, and run again only where their text has
changed.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Documents of the repository, by the page that each becomes.
DOCUMENTS = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "models/README.md": "model.md",
    "models/engine/solver/README.md": "engine.md",
    "inference/studies/README.md": "studies.md",
    **{
        str(p.relative_to(ROOT)): f"study_{p.parent.name}.md"
        for p in sorted((ROOT / "inference" / "studies").glob("*/README.md"))
    },
}
LINK = re.compile(r"(!?\[[^\]]*\])\(([^)#\s]+)(#[^)\s]*)?\)")


def gathered(source: Path) -> None:
    """All sources in one flat folder, each link to a document of the repository turned to its page."""
    pages = {p: p.name for folder in ("pages", "tutorials") for p in (HERE / folder).glob("*.md")}
    pages |= {ROOT / name: page for name, page in DOCUMENTS.items()}
    for path, page in pages.items():
        text = path.read_text(encoding="utf-8")
        (source / page).write_text(turned(text, path, pages), encoding="utf-8")
    shutil.copytree(ROOT / "results" / "shown", source / "shown")
    (source / "_static").mkdir()
    shutil.copy(HERE / "site.css", source / "_static")


def turned(text: str, path: Path, pages: dict[Path, str]) -> str:
    """The text with links that hold where all pages lie side by side; files that are no page become names."""

    def one(found: re.Match[str]) -> str:
        words, link, anchor = found[1], found[2], found[3] or ""
        if "://" in link:
            return found[0]
        target = (path.parent / link).resolve()
        if target in pages:
            return f"{words}({pages[target]}{anchor})"
        if target.is_relative_to(ROOT / "results" / "shown"):
            return f"{words}(shown/{target.name})"
        if not target.exists():
            return found[0]  # a page that is generated
        return f"{words.strip('[]')} (`{target.relative_to(ROOT)}`)"

    return LINK.sub(one, text)


def commands() -> str:
    """Every command with its options, as its own help says them."""
    from typer.testing import CliRunner

    from inference.command import contents
    from inference.command.main import app

    parts = ["# Commands\n", "```text", contents.text().strip(), "```\n"]
    for name in contents.commands():
        found = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "100", "NO_COLOR": "1"})
        parts += [f"## {name}\n", "```text", found.output.strip(), "```\n"]
    return "\n".join(parts)


def python() -> str:
    """Every public name with its docstring."""
    import inference

    parts = ["# Python\n", "```python\nimport inference as gp\n```\n"]
    for name in inference.__all__:
        thing = getattr(inference, name)
        if not callable(thing):
            parts.append(f"## {name}\n\n```python\n{thing!r}\n```\n")
            continue
        kind, members = ("autoclass", "   :members:\n") if isinstance(thing, type) else ("autofunction", "")
        parts.append(f"## {name}\n\n```{{eval-rst}}\n.. {kind}:: inference.{name}\n{members}```\n")
    return "\n".join(parts)


def numbers() -> str:
    """The tables of the network of the whole cell."""
    from models.catalogue import niche
    from models.documents import cell_table, parameter_tables

    network = niche()
    title = (
        f"# Every number of the model\n\nThe network `{network.id}`, made by `sh scripts/run.sh tables`.\n\n"
    )
    return title + "\n".join(
        map(parameter_tables.to_markdown, (*parameter_tables.every(network), cell_table.cells()))
    )


def build(out: Path, *, run: bool = True) -> int:
    """Write the site; returns the number of warnings, each of which is shown.

    Args:
        out: folder, replaced as a whole once all is well.
        run: run the tutorials, unless their text is that of the last time.
    """
    with tempfile.TemporaryDirectory() as place:
        source, pages = Path(place) / "source", Path(place) / "pages"
        source.mkdir()
        gathered(source)
        for name, text in (("commands", commands()), ("python", python()), ("numbers", numbers())):
            (source / f"{name}.md").write_text(text, encoding="utf-8")
        cache = out.parent / f".{out.name}-tutorials"
        settings: dict[str, object] = {"html_static_path": [str(source / "_static")]}
        if run:
            settings |= {"nb_execution_mode": "cache", "nb_execution_cache_path": str(cache)}
        shown = Sphinx(
            source,
            HERE,
            pages,
            Path(place) / "doctrees",
            "html",
            confoverrides=settings,
            warningiserror=False,
        )
        shown.build()
        if shown.statuscode:
            return shown.statuscode
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(pages, out)
    print(f"Written: {out / 'index.html'}")
    return shown._warncount


if __name__ == "__main__":
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    place = Path(words[0]) if words else ROOT / "results" / "site"
    sys.exit(1 if build(place, run="--no-tutorials" not in sys.argv) else 0)
