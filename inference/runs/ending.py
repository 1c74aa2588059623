"""A request to end (SIGTERM, Ctrl-C) is answered in time, wherever the work is: batch systems kill soon after
it, and people do not wait.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

GRACE = 75.0  # seconds from the request to the end at the latest; what is kept is kept whole at any moment
AT_ONCE = 6.0  # seconds from the Ctrl-C that is to end it at once
RESUMABLE = 130  # exit code of whoever was asked to end: the same command goes on, or begins again
SWALLOWS = "_xla_gc_callback"  # of JAX, called when garbage is collected: what it raises is printed and lost
LATE = b"Stopped while a piece was in progress: what is finished is kept, and the same command goes on\n"


def leave_in_time(grace: float = GRACE, at_once: float = AT_ONCE) -> None:
    """From now on a request to end ends this process after `grace` seconds, if it has not ended by then, and
    Ctrl-C after `at_once`: the first one, or, where it is only remembered, the second.

    Python hears of a signal between two of its own steps, which may be minutes apart where a compiled program
    runs; a thread that reads what the interpreter writes on the signal's arrival hears of it at once. Asked
    again, it changes nothing.
    """
    before = signal.set_wakeup_fd(-1)
    if before != -1:  # somebody listens already
        signal.set_wakeup_fd(before)
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, grace, at_once), daemon=True).start()


def interrupt_when_asked() -> None:
    """From now on a request to end is what Ctrl-C is; who is told to ignore Ctrl-C goes on doing so."""
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise what Ctrl-C raises; where it would be lost, a moment later."""
    while frame is not None and frame.f_code.co_name != SWALLOWS:
        frame = frame.f_back
    if frame is None:
        raise KeyboardInterrupt
    _after(0.05, lambda: os.kill(os.getpid(), number))


def _watch(heard: int, grace: float, at_once: float) -> None:
    interrupts = 0
    while True:
        for number in os.read(heard, 64):
            interrupts += number == signal.SIGINT
            remembered = signal.getsignal(signal.SIGINT) not in (signal.default_int_handler, interrupt)
            if number == signal.SIGTERM:
                _after(grace, _leave)
            elif number == signal.SIGINT and (interrupts > 1 or not remembered):
                _after(at_once, _leave)


def _leave() -> None:
    os.write(2, LATE)
    os._exit(RESUMABLE)


def _after(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
