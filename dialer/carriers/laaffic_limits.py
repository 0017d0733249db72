"""What an order may not hold, by the limits and dependencies of Laaffic's page "group call send"."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from dialer.carriers.contract import AccountSettings, OrderProblem
from dialer.carriers.laaffic_codes import LANGUAGES, SOURCES
from dialer.carriers.laaffic_times import clock_spans
from dialer.carriers.numbers import number_problems, on_the_wire
from dialer.carriers.order import HangupSms, Order, Speech, Transfer, Voice
from dialer.figures import amount, count
from dialer.terms import VoiceDelivery
from dialer.translation import gettext, gettext_noop, ngettext

BATCH_CEILING: Final = 100_000  # numbers in one request
NUMBER_DIGITS: Final = range(7, 15 + 1)
REFERENCE_LENGTHS: Final = range(2, 64 + 1)  # characters
LONGEST_CALLER_ID: Final = 20  # digits
MOST_TEXTS: Final = 10  # of a person
LONGEST_TEXT: Final = 30  # characters of a person's text; the rest is cut off
LONGEST_SPEECH: Final = 1_000  # characters
SPEEDS: Final = (0.25, 4.0)
FILE_SUFFIXES: Final = (".mp3", ".m4a", ".wav")
SHORTEST_FILE_NAME: Final = 5  # characters, with suffix
LONGEST_FILE_NAME: Final = 32
MOST_FILE_BYTES: Final = 5 * 1024 * 1024  # ours: the carrier prints none
PLAY_COUNTS: Final = range(1, 9 + 1)
CALL_SECONDS: Final = range(1, 999 + 1)
RING_SECONDS: Final = range(20, 120 + 1)
DELAY_SECONDS: Final = range(999 + 1)
LONGEST_SMS: Final = 1_000  # characters
LONGEST_SENDER: Final = 32  # characters
SMS_DELAY_SECONDS: Final = range(9_999 + 1)
TRANSFER_RATES: Final = range(1, 100 + 1)
TRANSFER_GROUPS: Final = range(1, 2**31)  # "Integer", which there has 32 bits
TRANSFER_DELAY_SECONDS: Final = DELAY_SECONDS  # ours: none is printed, and no call is longer
MOST_PERIODS: Final = 3

PLACE: Final = re.compile(r"\$\{([^{}]*)\}")  # stands in a text for something of the person
TEXT_NAME: Final = re.compile(r"text([1-9]|10)")


def problems(order: Order, settings: AccountSettings) -> tuple[OrderProblem, ...]:
    """All limits that the order breaks, in sentences that name no number."""
    return tuple(OrderProblem(part=part, sentence=sentence) for part, sentence in _problems(order, settings))


Found = Iterator[tuple[str, str]]  # part of the order, sentence


def _problems(order: Order, settings: AccountSettings) -> Found:
    yield from _numbers(order, settings)
    yield from _texts(order)
    yield from _account(order, settings)
    yield from _voice(order.voice)
    yield from _course(order)
    if order.sms is not None:
        yield from _sms(order.sms)
    if order.transfer is not None:
        yield from _transfer(order.transfer)
    yield from _times(order, settings)


def _numbers(order: Order, settings: AccountSettings) -> Found:
    found = tuple(number_problems(order, settings, ceiling=BATCH_CEILING))
    for problem in found:
        yield problem.part, problem.sentence
    if not found and not all(len(number) in NUMBER_DIGITS for number in on_the_wire(order.numbers, settings)):
        yield (
            "callees",
            gettext(
                "The carrier takes numbers of 7 to 15 digits. "
                "Look at the number form and the dial prefix of the account."
            ),
        )


def _texts(order: Order) -> Found:
    if any(len(callee.texts) > MOST_TEXTS for callee in order.callees):
        sentence = gettext("A person can have %(most)s texts, not more. Choose fewer columns.")
        yield "callees.texts", sentence % {"most": count(MOST_TEXTS)}
    for place in sorted(_used_places(order)):
        lacking = sum(not "".join(callee.texts[place - 1 : place]).strip() for callee in order.callees)
        if lacking:
            sentence = ngettext(
                "Text %(place)s is used in the message or the SMS and is empty for %(count)s of %(total)s person. "
                "Fill it in for them, leave them out, or don't use it.",
                "Text %(place)s is used in the message or the SMS and is empty for %(count)s of %(total)s people. "
                "Fill it in for them, leave them out, or don't use it.",
                len(order.callees),
            )
            figures = {"place": place, "count": count(lacking), "total": count(len(order.callees))}
            yield "callees.texts", sentence % figures


def _used_places(order: Order) -> set[int]:
    """Which texts of the people the SMS and the spoken text use."""
    speech = order.voice.speech if order.voice.delivery == VoiceDelivery.SPOKEN_TEXT else None
    used = PLACE.findall(f"{order.sms.text if order.sms else ''} {speech.text if speech else ''}")
    return {int(match[1]) for name in used if (match := TEXT_NAME.fullmatch(name))}


def _account(order: Order, settings: AccountSettings) -> Found:
    if not settings.app_id.strip():
        yield "account", gettext("The account has no app id. Fill it in.")
    if len(order.reference) not in REFERENCE_LENGTHS:
        yield "reference", gettext("The carrier takes references of 2 to 64 characters.")
    if not re.fullmatch(rf"[0-9]{{0,{LONGEST_CALLER_ID}}}", order.caller_id):
        sentence = gettext("A caller ID consists of at most %(most)s digits. Leave out all other signs.")
        yield "caller_id", sentence % {"most": count(LONGEST_CALLER_ID)}


def _voice(voice: Voice) -> Found:
    if voice.delivery not in SOURCES:
        yield "voice", gettext("The carrier does not fetch voice files from an address. Choose another way.")
    elif voice.delivery == VoiceDelivery.SPOKEN_TEXT:
        yield from _speech(voice.speech) if voice.speech else [("speech.text", gettext(_NO_SPEECH))]
    elif not voice.location.strip():
        yield "voice", gettext("A batch needs a voice file. Choose one.")
    elif voice.delivery == VoiceDelivery.SENT_ALONG:
        yield from file_problems(voice.location, len(voice.content), shortest=1)


def file_problems(name: str, size_bytes: int, *, shortest: int = SHORTEST_FILE_NAME) -> Found:
    """What stands against a file with this name (with suffix)."""
    if PurePosixPath(name).suffix.lower() not in FILE_SUFFIXES:
        sentence = gettext("The carrier takes voice files that end in %(endings)s. Convert the file.")
        yield "voice", sentence % {"endings": ", ".join(FILE_SUFFIXES)}
    if shortest > 1 and not shortest <= len(name) <= LONGEST_FILE_NAME:
        sentence = gettext("A file's name has %(least)s to %(most)s characters, with its ending. Rename it.")
        yield "voice", sentence % {"least": count(shortest), "most": count(LONGEST_FILE_NAME)}
    if size_bytes > MOST_FILE_BYTES:
        sentence = gettext("The voice file is larger than %(most)s MB. Shorten it.")
        yield "voice", sentence % {"most": count(MOST_FILE_BYTES // 1024**2)}


def _speech(speech: Speech) -> Found:
    if not speech.text.strip():
        yield "speech.text", gettext(_NO_SPEECH)
    yield from _short_enough("speech.text", speech.text, LONGEST_SPEECH)
    yield from (("speech.text", sentence) for sentence in _unknown_places(speech.text))
    if speech.language not in LANGUAGES:
        yield "speech.language", gettext("The carrier does not speak this language. Choose one of its languages.")
    slowest, fastest = SPEEDS
    if speech.speed is not None and not slowest <= speech.speed <= fastest:
        sentence = gettext("The carrier speaks at %(slowest)s to %(fastest)s times the usual speed.")
        yield "speech.speed", sentence % {"slowest": amount(slowest, places=2), "fastest": amount(fastest, places=0)}


def _course(order: Order) -> Found:
    yield from _within("play_count", order.play_count, PLAY_COUNTS)
    yield from _within("max_call_seconds", order.max_call_seconds, CALL_SECONDS)
    yield from _within("ring_seconds", order.ring_seconds, RING_SECONDS)
    yield from _within("play_delay_seconds", order.play_delay_seconds, DELAY_SECONDS)
    yield from _within("hangup_delay_seconds", order.hangup_delay_seconds, DELAY_SECONDS)


def _sms(sms: HangupSms) -> Found:
    if not sms.app_id.strip():
        yield "sms.app_id", gettext("The account has no app id for SMS. Fill it in, or leave the SMS out.")
    if not sms.text.strip():
        yield "sms.text", gettext("The SMS has no text. Write one.")
    yield from _short_enough("sms.text", sms.text, LONGEST_SMS)
    yield from (("sms.text", sentence) for sentence in _unknown_places(sms.text))
    yield from _short_enough("sms.sender_id", sms.sender_id, LONGEST_SENDER)
    if sms.on_key and not _is_key(sms.on_key):
        yield "sms.on_key", gettext("The key that brings the SMS is one of 0 to 9.")
    yield from _within("sms.after_answer_seconds", sms.after_answer_seconds, SMS_DELAY_SECONDS)
    if not (sms.on_key or sms.after_answer_seconds is not None or sms.on_failure or sms.on_ringing):
        yield (
            "sms",
            gettext("The SMS has no occasion. Choose at least one: a key, an answer, a failure or the ringing."),
        )


def _transfer(transfer: Transfer) -> Found:
    if not re.fullmatch(r"[0-9]{1,18}", transfer.group) or int(transfer.group) not in TRANSFER_GROUPS:
        yield (
            "transfer.group",
            gettext("The carrier calls groups of agents by a number. Look it up in the carrier's console."),
        )
    if transfer.key and not _is_key(transfer.key):
        yield "transfer.key", gettext("The key for the transfer is one of 0 to 9.")
    yield from _within("transfer.rate", transfer.rate, TRANSFER_RATES)
    if transfer.delay_seconds is not None and not transfer.key:
        yield (
            "transfer.delay_seconds",
            gettext(
                "The carrier waits before a transfer only if a key asks for it. Choose a key, or leave the wait empty."
            ),
        )
    yield from _within("transfer.delay_seconds", transfer.delay_seconds, TRANSFER_DELAY_SECONDS)


def _times(order: Order, settings: AccountSettings) -> Found:
    moments = [moment for period in order.periods for moment in (period.opens, period.closes)]
    if any(moment.tzinfo is None for moment in moments):
        yield "periods", gettext("A period has no time zone.")
    elif order.periods:
        spans = clock_spans(order.periods, settings.time_zone)
        if not spans or any(period.closes <= period.opens for period in order.periods):
            yield "periods", gettext("A period ends before it begins, or lasts less than a minute. Correct it.")
        if len(spans) > MOST_PERIODS:
            sentence = gettext(
                "The carrier takes %(most)s periods, and on the clock of the account (%(zone)s) these are %(count)s, "
                "for one that crosses midnight there counts twice."
            )
            told = {"most": count(MOST_PERIODS), "zone": settings.time_zone.key, "count": count(len(spans))}
            yield "periods", sentence % told
    if order.start_at is not None and order.start_at.tzinfo is None:
        yield "start_at", gettext("The time of the start has no time zone.")


def _within(part: str, value: int | None, allowed: range) -> Found:
    """A problem for a value that was chosen and is not allowed."""
    if value is not None and value not in allowed:
        told = {"least": count(allowed[0]), "most": count(allowed[-1]), "chosen": count(value)}
        yield part, gettext(_OUTSIDE[part]) % told


def _short_enough(part: str, text: str, most: int) -> Found:
    if len(text) > most:
        yield part, gettext(_TOO_LONG[part]) % {"count": count(len(text)), "most": count(most)}


def _unknown_places(words: str) -> Iterator[str]:
    if any(not TEXT_NAME.fullmatch(name) for name in PLACE.findall(words)):
        yield gettext("Only ${text1} to ${text10} can stand for texts of the person. Correct what else stands in ${…}.")


def _is_key(key: str) -> bool:
    return bool(re.fullmatch(r"[0-9]", key))


_NO_SPEECH: Final = gettext_noop("There is no text to speak. Write one.")
# The upper ends are far above one, so each of these has one form.
_OUTSIDE: Final = {
    "play_count": gettext_noop("The message can be played %(least)s to %(most)s times, not %(chosen)s."),
    "max_call_seconds": gettext_noop("A call can last %(least)s to %(most)s seconds, not %(chosen)s."),
    "ring_seconds": gettext_noop("It can ring for %(least)s to %(most)s seconds, not %(chosen)s."),
    "play_delay_seconds": gettext_noop("The wait before playing can be %(least)s to %(most)s seconds, not %(chosen)s."),
    "hangup_delay_seconds": gettext_noop(
        "The wait before hanging up can be %(least)s to %(most)s seconds, not %(chosen)s."
    ),
    "sms.after_answer_seconds": gettext_noop("The SMS can follow after %(least)s to %(most)s seconds, not %(chosen)s."),
    "transfer.rate": gettext_noop("Each free agent can get %(least)s to %(most)s calls, not %(chosen)s."),
    "transfer.delay_seconds": gettext_noop(
        "The wait before a transfer can be %(least)s to %(most)s seconds, not %(chosen)s."
    ),
}
_TOO_LONG: Final = {
    "speech.text": gettext_noop(
        "The text to speak has %(count)s characters, and the carrier takes %(most)s. Shorten it."
    ),
    "sms.text": gettext_noop("The SMS has %(count)s characters, and the carrier takes %(most)s. Shorten it."),
    "sms.sender_id": gettext_noop(
        "The sender of the SMS has %(count)s characters, and the carrier takes %(most)s. Shorten it."
    ),
}
