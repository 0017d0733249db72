"""The nouns of the sandbox's memory, in words of no carrier."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.fates import Ending
from sandbox.opening import opens_at

YUNHU = "yunhu"
LAAFFIC = "laaffic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """One accepted request. `country` is Yunhu's short code, empty where numbers are international.

    `starts_at` is epoch seconds, `periods` are pairs of HH:MM on the carrier's clock, and `order` holds what only
    the batch's own carrier understands.
    """

    id: int
    accepted_at: float
    app: str
    country: str
    reference: str
    tag: str
    caller_id: str
    wants_key: bool
    ring_limit_seconds: int
    talk_limit_seconds: int
    numbers: tuple[str, ...]
    carrier: str = YUNHU
    starts_at: float = 0
    periods: tuple[tuple[str, str], ...] = ()
    order: dict[str, Any] = field(default_factory=dict)

    def opens_at(self, now: float) -> float:
        """The first moment, `now` or later, at which its numbers may be dialled."""
        return opens_at(now, starts_at=self.starts_at, periods=self.periods)


@dataclass(kw_only=True, slots=True, eq=False)
class Call:
    """One number of one batch. `started_at` is epoch seconds; `bill_id` is None while open, and for silent calls.

    `cost` to `is_taken` are what the carrier made of the call at its end: the price, the text message after it,
    whether it qualified for an agent, and which extension rang and answered.
    """

    batch: Batch
    index: int
    number: str
    ending: Ending
    started_at: float = 0
    bill_id: int | None = None
    is_over: bool = False
    is_read: bool = False
    callbacks: list[str] = field(default_factory=list)
    link_count: int = 0
    fetch_count: int = 0
    is_fetched: bool = False
    cost: str = ""
    sms: str = ""
    is_transferred: bool = False
    extension: str = ""
    is_taken: bool = False
    extension_pushes: list[str] = field(default_factory=list)

    @property
    def has_recording(self) -> bool:
        return self.bill_id is not None and self.ending.talk_seconds > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A time-limited address of one recording."""

    bill_id: int
    expires_at: float


@dataclass(kw_only=True, slots=True)
class Token:
    app: str
    expires_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceFile:
    """A sound which a client uploaded; the sandbox keeps its name and length only."""

    id: str
    account: str
    name: str
    seconds: float
