"""Order -> the JSON of Laaffic's page "group call send": every parameter of the page, from our words.

What is optional and not chosen is left out; switches and delays are always told. What the order may not hold stands
in laaffic_limits.py.
"""

import base64
import re
import zlib
from pathlib import PurePosixPath
from typing import Any, Final

from dialer.carriers.contract import AccountSettings, BrokenLimits, OrderProblem
from dialer.carriers.laaffic_codes import GENDERS, LANGUAGES, SOURCES
from dialer.carriers.laaffic_limits import LONGEST_FILE_NAME, LONGEST_TEXT, problems
from dialer.carriers.laaffic_times import clock_spans, local_time
from dialer.carriers.numbers import on_the_wire
from dialer.carriers.order import HangupSms, Order, Speech, Transfer, Voice
from dialer.terms import VoiceDelivery
from dialer.translation import gettext

USUAL_CALL_SECONDS: Final = 120  # the page wants a limit; ours, if nobody chose one
SHORTEST_SMS_DELAY_SECONDS: Final = 1  # one page of the carrier says 0, another 1
PROPORTIONAL: Final = 1  # the only way of calling out for agents that the page has
TRANSFER_AFTER_MESSAGE: Final = 1
TRANSFER_BY_KEY: Final = 2


def send_document(order: Order, settings: AccountSettings) -> dict[str, Any]:
    """The whole request. Raises BrokenLimits."""
    broken = (*problems(order, settings), *_without_content(order.voice))
    if broken:
        raise BrokenLimits(broken)
    document: dict[str, Any] = {
        "appId": settings.app_id,
        "taskName": order.reference,
        "numberInfoList": _people(order, settings),
        **_voice(order),
        "loopCount": order.play_count,
        "maxCalls": order.max_call_seconds or USUAL_CALL_SECONDS,
        "delayPlay": order.play_delay_seconds,
        "delayHangup": order.hangup_delay_seconds,
        **_sms(order.sms),
        **_transfer(order.transfer),
    }
    if order.caller_id:
        document["displayNum"] = order.caller_id
    if order.ring_seconds is not None:
        document["maxRingingTime"] = order.ring_seconds
    if order.start_at is not None:
        document["sendTime"] = local_time(order.start_at, settings.time_zone)
    if order.periods:
        spans = clock_spans(order.periods, settings.time_zone)
        document["allowSendTime"] = [{"strTime": opens, "endTime": closes} for opens, closes in spans]
    return document


def _people(order: Order, settings: AccountSettings) -> list[dict[str, str]]:
    """Numbers with their texts. What is longer than the carrier takes is cut here, so that we know what is said."""
    wired = on_the_wire(order.numbers, settings)
    return [
        {
            "calleeNumber": number,
            **{f"text{place}": text[:LONGEST_TEXT] for place, text in enumerate(callee.texts, start=1) if text},
        }
        for number, callee in zip(wired, order.callees, strict=True)
    ]


def _voice(order: Order) -> dict[str, Any]:
    voice = order.voice
    source = {"source": SOURCES[voice.delivery]}
    if voice.speech is not None and voice.delivery == VoiceDelivery.SPOKEN_TEXT:
        return source | _speech(voice.speech)
    if voice.delivery == VoiceDelivery.SENT_ALONG:
        content = base64.b64encode(voice.content).decode()
        return source | {"uploadName": upload_name(voice.location, order.reference), "baseFile": content}
    return source | {"voiceFileId": voice.location}


def _speech(speech: Speech) -> dict[str, Any]:
    chosen = {
        "speakingRate": speech.speed,
        "ssmlGender": GENDERS[speech.voice] if speech.voice is not None else None,
        "accent": speech.accent or None,
    }
    told = {name: value for name, value in chosen.items() if value is not None}
    return {"text": speech.text, "lan": LANGUAGES[speech.language], **told}


def upload_name(location: str, reference: str) -> str:
    """The file's name for this batch, within the carrier's length.

    Each batch has its own, and the same each time: so "exists already" speaks of this batch and of no other's file.
    """
    path = PurePosixPath(location)
    mark = f"-{zlib.crc32(reference.encode(errors='replace')):08x}{path.suffix.lower()}"
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", path.stem)
    return stem[: LONGEST_FILE_NAME - len(mark)] + mark


def _sms(sms: HangupSms | None) -> dict[str, Any]:
    if sms is None:
        return {"hangUpSms": 0}
    fields: dict[str, Any] = {
        "hangUpSms": 1,
        "smsAppId": sms.app_id,
        "smsContent": sms.text,
        "feedbackPush": int(bool(sms.on_key)),
        "successPush": int(sms.after_answer_seconds is not None),
        "failedPush": int(sms.on_failure),
        "ringPush": int(sms.on_ringing),
    }
    if sms.sender_id:
        fields["senderId"] = sms.sender_id
    if sms.on_key:
        fields["feedbackValue"] = sms.on_key
    if sms.after_answer_seconds is not None:
        fields["successPushTime"] = max(sms.after_answer_seconds, SHORTEST_SMS_DELAY_SECONDS)
    return fields


def _transfer(transfer: Transfer | None) -> dict[str, Any]:
    if transfer is None:
        return {"toSeat": 0}
    fields: dict[str, Any] = {
        "toSeat": 1,
        "sipGroupId": int(transfer.group),
        "outboundControl": PROPORTIONAL,
        "calloutRate": transfer.rate,
        "toSeatType": TRANSFER_BY_KEY if transfer.key else TRANSFER_AFTER_MESSAGE,
    }
    if transfer.key:
        fields["toSeatKey"] = int(transfer.key)
    if transfer.delay_seconds is not None:
        fields["delayTransfer"] = transfer.delay_seconds
    return fields


def _without_content(voice: Voice) -> tuple[OrderProblem, ...]:
    """Asked only when the batch leaves: before that the file's bytes are not read."""
    if voice.delivery == VoiceDelivery.SENT_ALONG and not voice.content:
        return (OrderProblem(part="voice", sentence=gettext("The voice file is empty. Upload it anew.")),)
    return ()
