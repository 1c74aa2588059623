"""A request to end is heard while a compiled program runs, which Python itself does not hear."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inference.runs.ending import LATE, RESUMABLE

ROOT = Path(__file__).resolve().parents[3]
BUSY = """
import hashlib, sys, threading, time
from inference.runs.ending import interrupt_when_asked, leave_in_time
interrupt_when_asked()
leave_in_time(float(sys.argv[1]), float(sys.argv[1]))
leave_in_time(0.0, 0.0)  # somebody listens already
threading.Timer(0.3, lambda: print("running", flush=True)).start()
{work}
"""
# As a program of XLA it lets other threads run and comes back after minutes; Python runs no handler before.
COMPILED = "hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"
STEPS = "while True: pass"


REMEMBERED = "import signal; signal.signal(signal.SIGINT, lambda *_: None); "


def asked_to_end(work: str, grace: str, *signals: int) -> tuple[int, str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY.format(work=work), grace],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_ctrl_c,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        for number in signals or (signal.SIGTERM,):
            process.send_signal(number)
            time.sleep(0.5)  # two at one moment are one
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    return process.returncode, said


def _hears_ctrl_c() -> None:
    """What a shell starts in the background is deaf to it, and so are its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_process_deep_in_a_compiled_program_ends_after_the_time_of_grace():
    code, said = asked_to_end(COMPILED, "0.1")
    assert code == RESUMABLE == 130
    assert said.encode() == LATE
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("before", "signals"), [("", [signal.SIGINT]), (REMEMBERED, [signal.SIGINT, signal.SIGINT])]
)
def test_ctrl_c_ends_a_compiled_program_too_and_the_second_one_where_the_first_is_remembered(before, signals):
    code, said = asked_to_end(before + COMPILED, "0.1", *signals)
    assert (code, said.encode()) == (RESUMABLE, LATE)


def test_a_ctrl_c_that_is_remembered_ends_nothing():
    code, said = asked_to_end(
        REMEMBERED + "time.sleep(1.5); print('done', file=sys.stderr)", "0.1", signal.SIGINT
    )
    assert (code, said) == (0, "done\n")


LOST = """
def _xla_gc_callback():
    until = time.monotonic() + 1.5
    while time.monotonic() < until: pass
class Collected:
    def __del__(self): _xla_gc_callback()
Collected()
while True: pass
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupt_is_not_lost_in_what_the_collector_of_garbage_calls(number):
    code, said = asked_to_end(LOST, "1000", number)
    assert "Exception ignored" not in said
    assert said.strip().endswith("KeyboardInterrupt")
    assert code != 0


def test_a_process_between_two_steps_of_python_is_interrupted_at_once():
    code, said = asked_to_end(STEPS, "1000")
    assert "KeyboardInterrupt" in said
    assert code != 0
