"""Ours against a bare baseline: both do the same work in turns, and the medians are compared."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """What was measured: so many `things` took `ours` seconds with us and `bare` seconds in the baseline."""

    what: str
    against: str
    count: int
    things: str
    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare

    def __str__(self) -> str:
        ours, bare = self._pace(self.ours), self._pace(self.bare)
        return f"{self.ratio:6.2f}  {self.what}: {ours}; {self.against}: {bare}"

    def _pace(self, seconds: float) -> str:
        """So many a second, or milliseconds for the one that was done."""
        return f"{seconds * 1000:.1f} ms" if self.count == 1 else f"{self.count / seconds:,.0f} {self.things}/s"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A ratio that was found in another way; `said` tells what both were on this machine."""

    what: str
    against: str
    ratio: float
    said: str

    def __str__(self) -> str:
        return f"{self.ratio:6.2f}  {self.what}: {self.said}"


def compare(what: str, *, against: str, count: int, things: str, rounds: Iterable[tuple[Work, Work]]) -> Ratio:
    """Time each round's two works; what happens between the rounds is not timed."""
    ours, bare = zip(*((seconds(one), seconds(other)) for one, other in rounds), strict=True)
    return Ratio(what=what, against=against, count=count, things=things, ours=median(ours), bare=median(bare))


def seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
