"""The site is built without a warning, can be read without a network, and its tutorials run."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest


class Links(HTMLParser):
    """What a page points to and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.to: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.to.append(given["href"])
        elif tag in ("script", "img") and given.get("src"):
            self.loaded.append(given["src"])
        elif tag == "link" and given.get("rel") == "stylesheet":
            self.loaded.append(given["href"])


def built(house, out, *options):
    done = subprocess.run(
        [sys.executable, house.root / "scripts" / "site" / "build.py", *options, out],
        capture_output=True,
        text=True,
        cwd=out.parent,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return sorted(out.glob("*.html"))


@pytest.mark.slow  # reads every docstring and asks every command for its help: a minute
def test_every_page_holds_together_and_needs_no_network(house, tmp_path):
    pages = built(house, tmp_path / "site", "--no-tutorials")
    assert {p.stem for p in pages} >= {"index", "start", "answers", "python", "commands", "numbers", "model"}
    for page in pages:
        found = Links()
        found.feed(page.read_text())
        outside = [x for x in found.loaded if "://" in x]
        assert not outside, f"{page.name}: loads {outside}"
        for link in (*found.to, *found.loaded):
            name = re.split(r"[?#]", link)[0]
            if name and "://" not in link and not link.startswith(("mailto:", "data:")):
                assert (page.parent / name).exists(), f"{page.name}: {link}"


@pytest.mark.slow  # simulates, fits and ranks: some minutes
def test_tutorials_run_and_show_what_came_out(house, tmp_path):
    built(house, tmp_path / "site")
    for path in (house.root / "scripts" / "site" / "tutorials").glob("*.md"):
        page = (tmp_path / "site" / f"{path.stem}.html").read_text()
        assert page.count("cell_output") > 2, path.stem
