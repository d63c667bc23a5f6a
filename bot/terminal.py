"""What a person at the terminal sees: lines on stderr, and a clock beside work that takes long."""

import sys
import time

REDRAW_SECONDS = 0.25
LINE_SECONDS = 5.0


def say(line: str) -> None:
    """One line, at once, also when nobody reads it any more."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        pass  # The terminal was closed; that must not keep us from shutting down in order.


class Clock:
    """Says how long something has been going on: redrawn in a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._started = self._shown = time.monotonic()

    def show(self, stage: str) -> None:
        """Call this often; it writes when it is time to."""
        now = time.monotonic()
        if now - self._shown >= (REDRAW_SECONDS if self._live else LINE_SECONDS):
            self._shown = now
            self._write(stage, end="" if self._live else "\n")

    def done(self, stage: str = "done") -> None:
        """The last word, which stays."""
        self._write(stage, end="\n")

    def _write(self, stage: str, *, end: str) -> None:
        clear = "\r\x1b[K" if self._live else ""
        sys.stderr.write(f"{clear}  {time.monotonic() - self._started:3.0f} s  {stage}{end}")
        sys.stderr.flush()
