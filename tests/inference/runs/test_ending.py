"""A request to end is heard while a compiled program runs, which Python itself does not hear."""

import signal
import subprocess
import sys
from pathlib import Path

from inference.runs.ending import LATE, RESUMABLE

ROOT = Path(__file__).resolve().parents[3]
BUSY = """
import hashlib, sys, threading
from inference.runs.ending import interrupt_when_asked, leave_in_time
interrupt_when_asked()
leave_in_time(float(sys.argv[1]))
leave_in_time(0.0)  # somebody listens already
threading.Timer(0.3, lambda: print("running", flush=True)).start()
{work}
"""
# As a program of XLA it lets other threads run and comes back after minutes; Python runs no handler before.
COMPILED = "hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"
STEPS = "while True: pass"


def asked_to_end(work: str, grace: str) -> tuple[int, str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY.format(work=work), grace],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    return process.returncode, said


def test_a_process_deep_in_a_compiled_program_ends_after_the_time_of_grace():
    code, said = asked_to_end(COMPILED, "0.1")
    assert code == RESUMABLE == 130
    assert said.encode() == LATE
    assert said.count("\n") == 1


def test_a_process_between_two_steps_of_python_is_interrupted_at_once():
    code, said = asked_to_end(STEPS, "1000")
    assert "KeyboardInterrupt" in said
    assert code != 0
