"""What a long run is doing, how far it is and how long it will take: bars in a terminal, lines elsewhere."""

from __future__ import annotations

import signal
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inference.runs.ending import GRACE, interrupt, leave_in_time


@dataclass
class Bar:
    """One stage of known length; `to` moves it. In a file or pipe it prints a line at most every 15 s.

    The time left is reckoned from the second step on: the first one includes compilation; where steps are
    counted anew, so is the time.

    Attributes:
        at_most: the stage may end before its last step.
    """

    console: Console
    title: str
    total: int
    at_most: bool = False
    progress: Progress | None = None
    task: int = 0
    first: tuple[float, int] | None = None
    last: int = 0
    printed: float = field(default_factory=time.monotonic)

    def to(self, done: int, note: str = "") -> None:
        """`done` of `total` steps are finished; `note` is said beside the bar."""
        done = min(done, self.total)
        if self.progress is not None:
            self.progress.update(self.task, completed=done, note=note)  # type: ignore[arg-type]
            return
        now = time.monotonic()
        if self.first is None or done < self.last:
            self.first = now, done
        self.last = done
        if now - self.printed < 15 and done < self.total:
            return
        self.printed = now
        since, base = self.first
        bound = "at most " if self.at_most else ""
        left = (now - since) / (done - base) * (self.total - done) if done > base else None
        said = "" if left is None else f", {bound}{duration(left)} left"
        self.console.print(
            f"  {self.title}: {done} of {bound}{self.total}{said}" + (f"; {note}" if note else ""),
            highlight=False,
        )

    def of(self, done: int, total: int) -> None:
        """`done` of `total` steps are finished, where only whoever does them knows how many there are."""
        self.total = total
        if self.progress is not None:
            self.progress.update(TaskID(self.task), total=total)
        self.to(done)


@dataclass
class Teller:
    """Says what happens, on one console that takes every text as it is: a path or a name may look like
    markup.
    """

    console: Console = field(default_factory=lambda: Console(stderr=False, soft_wrap=True, markup=False))

    def say(self, text: str) -> None:
        """One line for the reader."""
        self.console.print(printable(text), highlight=False)

    @contextmanager
    def bar(self, title: str, total: int, *, at_most: bool = False) -> Iterator[Bar]:
        """A stage with a known number of steps, or of so many at most."""
        if not self.console.is_terminal:
            yield Bar(self.console, title, total, at_most)
            return
        columns = (
            TextColumn("  {task.description}", markup=False),
            BarColumn(24),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(title, total=total, note="")
            yield Bar(self.console, title, total, at_most, progress, task)


def stop_when_asked(tell: Teller) -> Callable[[], bool]:
    """From now on Ctrl-C or a request to end is remembered, and the returned function says whether one came.

    A second Ctrl-C ends at once; what was kept before it stays. After a request to end the process ends in
    time, whatever it is doing (`inference.runs.ending`).
    """
    asked: list[int] = []
    leave_in_time()

    def remember(number: int, frame: FrameType | None) -> None:
        if asked and number == signal.SIGINT:
            interrupt(number, frame)
            return
        asked.append(number)
        now = "Ctrl-C again: at once" if number == signal.SIGINT else f"after {GRACE:.0f} s at the latest"
        tell.say(f"Stopping after the piece in progress ({now}) ...")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, remember)
    return lambda: bool(asked)


def printable(text: str) -> str:
    """The text without what a terminal would obey; lines stay lines."""
    return "".join(c if c in "\n\t" or not unicodedata.category(c).startswith("C") else "?" for c in text)


def duration(seconds: float) -> str:
    """`45 s`, `3 min 20 s` or `2 h 5 min`."""
    s = round(seconds)
    if s < 60:
        return f"{s} s"
    return f"{s // 60} min {s % 60} s" if s < 3600 else f"{s // 3600} h {s % 3600 // 60} min"
