"""What the demo shows in the terminal: bars that move, and a table at the end."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

BAR_WIDTH = 30
LOOK_SECONDS = 0.5
LINE_SECONDS = 5  # between two lines where the output is no terminal

Count = Callable[[], tuple[int, int]]  # done, whole


class TooSlow(Exception):
    """Something did not end in the time that it should take at most."""


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def watch(title: str, count: Count, *, seconds: float, is_done: Callable[[], bool] | None = None) -> None:
    """Draw a bar until everything is done. Raises TooSlow after so many seconds."""
    started = last_line = time.monotonic()
    while True:
        done, whole = count()
        is_over = is_done() if is_done else bool(whole) and done >= whole
        now = time.monotonic()
        if sys.stdout.isatty():
            _draw(title, done, whole, now - started, sys.stdout)
        elif is_over or now - last_line > LINE_SECONDS:
            last_line = now
            say(_bar(title, done, whole, now - started))
        if is_over:
            if sys.stdout.isatty():
                say()
            return
        if now - started > seconds:
            raise TooSlow(f"{title}: {done:,} of {whole:,} after {seconds:.0f} s")
        time.sleep(LOOK_SECONDS)


def table(rows: Sequence[tuple[str, Sequence[int | str]]]) -> None:
    """A label and its figures; a row without figures is a heading."""
    width = max(len(label) for label, _ in rows)
    for label, figures in rows:
        if figures:
            say(f"    {label:<{width}}" + "".join(f"  {figure:>16}" for figure in figures))
        else:
            say(f"\n  {label}")


def _draw(title: str, done: int, whole: int, seconds: float, out: TextIO) -> None:
    out.write("\r" + _bar(title, done, whole, seconds))
    out.flush()


def _bar(title: str, done: int, whole: int, seconds: float) -> str:
    filled = BAR_WIDTH * min(done, whole) // whole if whole else 0
    return f"  {title:<12} [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done:>6,} of {whole:,}  {seconds:4.0f} s"
