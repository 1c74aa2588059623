"""A request to end (SIGTERM, Ctrl-C) is answered in time, wherever the work is: batch systems kill soon after
it, and people do not wait.
"""

from __future__ import annotations

import os
import signal
import threading

GRACE = 75.0  # seconds from the request to the end at the latest; what is kept is kept whole at any moment
AT_ONCE = 8.0  # seconds from the Ctrl-C that is to end it at once
RESUMABLE = 130  # exit code of whoever was asked to end: the same command goes on, or begins again
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
    """From now on a request to end is what Ctrl-C is."""

    def interrupt(number: int, _: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _watch(heard: int, grace: float, at_once: float) -> None:
    interrupts = 0
    while True:
        for number in os.read(heard, 64):
            interrupts += number == signal.SIGINT
            remembered = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
            if number == signal.SIGTERM:
                _leave_after(grace)
            elif number == signal.SIGINT and (interrupts > 1 or not remembered):
                _leave_after(at_once)


def _leave_after(seconds: float) -> None:
    def leave() -> None:
        os.write(2, LATE)
        os._exit(RESUMABLE)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()
