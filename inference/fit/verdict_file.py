"""What is thought of a run, in a file: `ok`, or the reasons why not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from inference.runs.resumable import write_json
from inference.runs.run_record import read_verdict as read_fields

FILE = "verdict.json"


@dataclass(frozen=True)
class Verdict:
    """`ok`, or the reasons why not, in words; `notes` are worth knowing but no reason to distrust the fit.

    Attributes:
        quick: of a run that only exercised everything; its numbers are not for use, whatever the rest says.
    """

    ok: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    quick: bool = False

    @property
    def usable(self) -> bool:
        """May its numbers be used?"""
        return self.ok and not self.quick

    @property
    def why_not(self) -> tuple[str, ...]:
        """All that speaks against its use."""
        return (*self.reasons, *(("a quick run, not for use",) if self.quick else ()))

    def write(self, folder: Path) -> None:
        """Keep it in the folder of the run."""
        write_json(folder / FILE, asdict(self))


def read_verdict(folder: Path) -> Verdict:
    """Read what `Verdict.write` wrote.

    Where there is none, it is not ok.

    Raises:
        DamagedFileError: it is not what was written.
    """
    held = read_fields(folder / FILE)
    return Verdict(held["ok"], tuple(held["reasons"]), tuple(held["notes"]), held["quick"])
