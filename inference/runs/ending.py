"""A request to end (SIGTERM) is answered in time, wherever the work is: batch systems kill soon after it."""

from __future__ import annotations

import os
import signal
import threading
import time

GRACE = 75.0  # seconds from the request to the end at the latest; what is kept is kept whole at any moment
RESUMABLE = 130  # exit code of whoever was asked to end: the same command goes on, or begins again
LATE = b"Stopped while a piece was in progress: what is finished is kept, and the same command goes on\n"


def leave_in_time(grace: float = GRACE) -> None:
    """From now on a request to end ends this process after `grace` seconds, if it has not ended by then.

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
    threading.Thread(target=_watch, args=(heard, grace), daemon=True).start()


def interrupt_when_asked() -> None:
    """From now on a request to end is what Ctrl-C is."""

    def interrupt(number: int, _: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _watch(heard: int, grace: float) -> None:
    while signal.SIGTERM not in os.read(heard, 64):
        pass
    time.sleep(grace)
    os.write(2, LATE)
    os._exit(RESUMABLE)
