"""What is to be said to a carrier with one batch, in our words.

Times are aware; numbers are E.164; durations are seconds.
"""

from dataclasses import dataclass, field
from datetime import datetime

from dialer.terms import CampaignKind, SpeakerVoice, VoiceDelivery


@dataclass(frozen=True, kw_only=True)
class Speech:
    """A text that the carrier speaks. None and "" leave the choice to the carrier."""

    text: str
    language: str  # ISO 639-1
    speed: float | None = None  # 1: as usual
    voice: SpeakerVoice | None = None
    accent: str = ""  # the carrier's own word


@dataclass(frozen=True, kw_only=True)
class Voice:
    """The announcement: a file's name at the carrier, an address of ours, the file itself, or a text to speak."""

    delivery: VoiceDelivery
    location: str = ""  # for a file sent along its name, with suffix
    content: bytes = field(default=b"", repr=False)  # of a file sent along
    speech: Speech | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Callee:
    """Somebody to be called, with the texts of their row that the message or the SMS uses: text 1, text 2, …"""

    number: str  # E.164
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HangupSms:
    """An SMS after the call, to those for whom one of the four reasons holds. `${text1}` stands for text 1."""

    app_id: str
    text: str
    sender_id: str = ""
    on_key: str = ""  # pressed this key
    after_answer_seconds: int | None = None  # answered; so long after that
    on_failure: bool = False  # was not reached
    on_ringing: bool = False  # it rang


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """After the message over to a group of agents: by a key, or without one."""

    group: str
    key: str = ""
    rate: int = 1  # calls for each free agent
    delay_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Period:
    """A part of the day in which the carrier may call."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, kw_only=True)
class Order:
    """One batch to be handed over: these people hear this voice once."""

    reference: str
    callees: tuple[Callee, ...]  # numbers unique
    voice: Voice
    kind: CampaignKind = CampaignKind.MESSAGE
    wants_keypress: bool = False
    caller_id: str = ""
    ring_seconds: int | None = None
    max_call_seconds: int | None = None
    drops_undialled_today: bool = True  # what is not dialled today is dropped by the carrier
    remark: str = ""  # free text that comes back with each call
    play_count: int = 1
    play_delay_seconds: int = 0
    hangup_delay_seconds: int = 0
    start_at: datetime | None = None  # None: at once
    periods: tuple[Period, ...] = ()  # none: at any time
    sms: HangupSms | None = None
    transfer: Transfer | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """E.164, in the order of the callees."""
        return tuple(callee.number for callee in self.callees)
