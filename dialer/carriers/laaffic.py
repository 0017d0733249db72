"""Laaffic: v3 group call, voice files, records and balance over signed JSON requests.

What is sent and why: the carrier's pages; see docs/carriers/laaffic.md for pages, certainty and open questions.
Every request is signed by itself, so there is no token and nobody logs in.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from dialer.carriers.contract import (
    BILLS,
    Accepted,
    AccountField,
    AccountSettings,
    Balance,
    BillQuery,
    Call,
    CallbackAnswer,
    Capabilities,
    Carrier,
    OrderProblem,
    OutcomeUnknown,
    PlacedFile,
    Reading,
    RecordingLink,
    Refused,
    Task,
    TokenStore,
)
from dialer.carriers.http import Wire
from dialer.carriers.laaffic_answers import Page, balance_of, key_of, object_of, page_of, yes
from dialer.carriers.laaffic_callback import read_records
from dialer.carriers.laaffic_codes import LANGUAGES, SOURCES, TASK_STATES
from dialer.carriers.laaffic_limits import BATCH_CEILING, file_problems, problems
from dialer.carriers.laaffic_line import PATHS, SignedLine
from dialer.carriers.laaffic_order import send_document
from dialer.carriers.laaffic_records import call_of, is_of_a_batch
from dialer.carriers.laaffic_times import iso_time, local_time, moment, windows
from dialer.carriers.order import Order
from dialer.carriers.tolerant import Unreadable
from dialer.carriers.values import LONGEST_ID, LONGEST_TEXT, text, whole
from dialer.carriers.wishes import demand_offered, unoffered
from dialer.figures import amount, count
from dialer.terms import CampaignKind, Feature, NumberForm, TaskState
from dialer.translation import gettext, gettext_noop

ADDRESS: Final = "https://api.laaffic.com/v3"
COUNTRIES: Final = ("CO", "ID", "IN", "MX", "PH", "TH", "VN")
CAPABILITIES: Final = Capabilities(
    ceilings={CampaignKind.MESSAGE: BATCH_CEILING},
    countries=dict.fromkeys(COUNTRIES, ""),
    voice_deliveries=frozenset(SOURCES),
    features=frozenset(
        {
            Feature.CALLER_ID,
            Feature.RING_LIMIT,
            Feature.CALL_LIMIT,
            Feature.REPEATED_PLAY,
            Feature.DELAYS,
            Feature.ROW_TEXTS,
            Feature.HANGUP_SMS,
            Feature.TRANSFER_IN_BATCH,
            Feature.CARRIER_START,
            Feature.CARRIER_PERIODS,
            Feature.VOICE_UPLOAD,
            Feature.BALANCE,
            Feature.COSTS,
            Feature.TASK_STATE,
            Feature.TASK_CANCEL,
            Feature.REFUSES_REPEATS,
        }
    ),
    account_fields=(
        AccountField(
            name="app_id",
            label=gettext_noop("app id"),
            help=gettext_noop("Of the voice application in the carrier's console."),
        ),
        AccountField(
            name="access_key", label=gettext_noop("API key"), help=gettext_noop("As the carrier gave it to you.")
        ),
        AccountField(
            name="secret", label=gettext_noop("API secret"), help=gettext_noop("As the carrier gave it to you.")
        ),
        AccountField(
            name="batch_url",
            label=gettext_noop("address"),
            help=gettext_noop("With its version, such as /v3."),
            default=ADDRESS,
        ),
        AccountField(
            name="sms_app_id",
            label=gettext_noop("app id for SMS"),
            help=gettext_noop("Of the SMS application. Needed for SMS after calls only."),
            is_required=False,
        ),
    ),
    number_form=NumberForm.INTERNATIONAL,
    paths=PATHS,
    languages=tuple(LANGUAGES),
    keeps_recordings_days=None,
)

TAKEN_OR_NOT: Final = gettext_noop("The batch may or may not have been taken.")
THERE_OR_NOT: Final = gettext_noop(
    "The file may or may not lie there; look at the carrier's list before you try again."
)
PAGE_SIZE: Final = 100  # the most that the carrier gives in one page
MOST_PAGES: Final = 10_000  # of one question; more than that is a carrier that never ends
MOST_STALE_PAGES: Final = 3  # in a row with nothing new: records that arrive meanwhile move the others by some
ASKABLE_DAYS: Final = 59  # "the last two months"; the shortest two have 59 days
WINDOW_DAYS: Final = 30  # 31 at most
TASK_MARGIN: Final = timedelta(days=1)  # the reference says which batch it is; the window only has to hold it


class Laaffic(Carrier):
    """One account at Laaffic. Its repr, messages and exchanges hold no key and no secret."""

    capabilities = CAPABILITIES

    def __init__(self, settings: AccountSettings, tokens: TokenStore, wire: Wire) -> None:
        self._settings = settings
        self._wire = wire
        self._line = SignedLine(settings, wire)

    def check(self) -> str:
        """Ask for the balance, which takes valid credentials; a sentence with what is left. Raises CarrierError."""
        sentence = gettext("The carrier accepts the account. The balance is %(amount)s.")
        return sentence % {"amount": amount(self.balance().total, places=2)}

    def place(self, order: Order) -> Accepted:
        """Hand the batch over, with one request that can take effect. Raises CarrierError, BrokenLimits."""
        demand_offered(order, self.capabilities)
        document = send_document(order, self._settings)

        def accepted(answer: Mapping[str, Any]) -> Accepted:
            words = yes(answer, makes_batch=True, makes_something=True)
            return Accepted(message=words, carrier_task_id=key_of(answer)[:LONGEST_ID])

        return self._line.post("send", document, accepted, purpose="launch", when_unknown=TAKEN_OR_NOT)

    def problems(self, order: Order) -> tuple[OrderProblem, ...]:
        """All limits of the carrier that the order breaks. Asks nobody."""
        return tuple(unoffered(order, self.capabilities)) or problems(order, self._settings)

    def bills(self, query: BillQuery) -> Iterator[tuple[Call, ...]]:
        """All pages of calls of all batches, each call once. May be repeated. Raises CarrierError.

        What lies further back than the carrier can be asked about is left out.
        """
        earliest = datetime.now(UTC) - timedelta(days=ASKABLE_DAYS)
        seen: set[str] = set()
        for start, end in windows(max(query.start, earliest), query.end, days=WINDOW_DAYS):
            times = {
                "strTime": iso_time(start, self._settings.time_zone),
                "endTime": iso_time(end, self._settings.time_zone),
            }
            for page in self._pages("records", {"params": times}, key="voiceId", purpose="bills"):
                found = (call_of(record, self._settings.time_zone) for record in page)
                fresh = {call.carrier_call_id: call for call in found if call and call.carrier_call_id not in seen}
                seen |= fresh.keys()
                if fresh:
                    yield tuple(fresh.values())

    def recording_link(self, recording_name: str) -> RecordingLink:
        """A fresh link. May be repeated. Raises CarrierError; Refused if the carrier has no such recording."""
        asked = {"recordingFileId": recording_name, "sourceType": "group"}
        found = self._line.get("recording", _object, purpose="recording link", parameters=asked)
        url = text(found.get("url"))
        if not url:
            raise Refused(gettext("The carrier has no link for this recording."))
        self._wire.conceal(url)
        return RecordingLink(
            url=url if "://" in url else f"https://{url}",
            expires_at=moment(found.get("expireTime"), self._settings.time_zone),
        )

    def read_callback(self, body: bytes, *, kind: str = BILLS) -> Reading:
        """Never raises: what can't be understood is a complaint."""
        try:
            found = read_records(body)
        except Unreadable as error:
            return Reading(complaint=str(error))
        ours = [record for record in found.records if is_of_a_batch(record)]
        calls = [call_of(record, self._settings.time_zone) for record in ours]
        known = tuple(call for call in calls if call is not None)
        if ours and not known:
            return Reading(complaint=gettext("It has no voiceId, so the call can't be told from others."))
        return Reading(calls=known, was_repaired=found.was_repaired or len(known) < len(calls))

    def callback_answer(self) -> CallbackAnswer:
        """A success in the carrier's own spelling: no page says what is wanted."""
        return CallbackAnswer(body=b'{"code":"0","msg":"success"}', content_type="application/json")

    def find_task(self, reference: str, *, since: datetime) -> Task | None:
        """The batch of exactly this reference, handed over since then; None if there is none. May be repeated."""
        asked = {
            "strTime": local_time(since - TASK_MARGIN, self._settings.time_zone),
            "endTime": local_time(datetime.now(UTC) + TASK_MARGIN, self._settings.time_zone),
            "searchCondition": reference,  # the carrier also gives what is only alike
        }
        for page in self._pages("tasks", {"params": asked}, key="taskId", purpose="batch by its name"):
            for item in page:
                if text(item.get("taskName")) == reference:
                    return _task(item)
        return None

    def task(self, carrier_task_id: str) -> Task:
        """How far the batch is. May be repeated. Raises CarrierError."""
        part = f"/{quote(carrier_task_id, safe='')}"
        found = self._line.get("task", _object, purpose="state of a batch", part=part)
        if not found:
            raise OutcomeUnknown(gettext("The carrier knows the batch and does not tell how far it is. Try again."))
        read = _task(found)
        return read if read.carrier_task_id else _task({**found, "taskId": carrier_task_id})

    def cancel_task(self, carrier_task_id: str) -> None:
        """The batch will not begin. May be repeated. Raises CarrierError; Refused if it is too late."""
        number = whole(carrier_task_id)
        document = {"taskIdList": [carrier_task_id if number is None else number]}
        self._line.post("cancel", document, yes, purpose="take a batch back")

    def upload_voice(self, name: str, content: bytes) -> PlacedFile:
        """The file lies at the carrier under that name (with suffix). Raises CarrierError, AlreadyTaken for a name."""
        broken = [sentence for _, sentence in file_problems(name, len(content))]
        if broken:
            raise Refused(" ".join((*broken, gettext("Nothing was sent."))))
        document = {"fileName": name, "file": base64.b64encode(content).decode()}

        def placed(answer: Mapping[str, Any]) -> PlacedFile:
            yes(answer, makes_something=True)
            found = key_of(answer)
            if not found:
                raise OutcomeUnknown(gettext("The carrier took the file and does not say how it calls it."))
            return PlacedFile(id_at_carrier=found, name=name)

        return self._line.post("upload", document, placed, purpose="upload a voice file", when_unknown=THERE_OR_NOT)

    def voice_files(self) -> Iterator[tuple[PlacedFile, ...]]:
        """All pages of the files that lie at the carrier. May be repeated. Raises CarrierError."""
        for page in self._pages("files", {}, key="fileId", purpose="voice files"):
            files = tuple(
                PlacedFile(id_at_carrier=text(item.get("fileId")), name=text(item.get("fileName"))[:LONGEST_TEXT])
                for item in page
                if text(item.get("fileId"))
            )
            if files:
                yield files

    def delete_voice(self, id_at_carrier: str) -> None:
        """The file lies there no more. Raises CarrierError."""
        self._line.post("delete", {"fileIdList": [id_at_carrier]}, yes, purpose="delete a voice file")

    def balance(self) -> Balance:
        """What is left. May be repeated. Raises CarrierError."""
        return self._line.get("balance", _balance, purpose="balance")

    def _pages(
        self, service: str, asked: Mapping[str, Any], *, key: str, purpose: str
    ) -> Iterator[tuple[Mapping[str, Any], ...]]:
        """All pages of a list, until one is empty or as many came as the carrier counts. Ends for any answers."""
        seen: set[str] = set()
        stale = 0
        for number in range(1, MOST_PAGES + 1):
            document = {"current": number, "size": PAGE_SIZE, **asked}
            page = self._line.post(service, document, _page, purpose=purpose)
            fresh = {text(item.get(key)) for item in page.items} - seen
            stale = 0 if fresh else stale + 1
            seen |= fresh
            if not page.items:
                return
            if stale >= MOST_STALE_PAGES:
                raise OutcomeUnknown(gettext("The carrier gives the same page again and again. Try again."))
            yield page.items
            if _is_last(page, number, len(seen)):
                return
        sentence = gettext("The carrier has more than %(most)s pages for one question. Try again.")
        raise OutcomeUnknown(sentence % {"most": count(MOST_PAGES)})


def _is_last(page: Page, number: int, seen_count: int) -> bool:
    if page.total:
        return seen_count >= page.total
    return bool(page.page_count) and number >= (page.page_count or 0)


def _page(answer: Mapping[str, Any]) -> Page:
    yes(answer)
    return page_of(answer)


def _object(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    yes(answer)
    return object_of(answer)


def _balance(answer: Mapping[str, Any]) -> Balance:
    yes(answer)
    return balance_of(answer)


def _task(item: Mapping[str, Any]) -> Task:
    called = whole(item.get("callNum"))
    return Task(
        carrier_task_id=(text(item.get("taskId")) or text(item.get("jobId")) or text(item.get("id")))[:LONGEST_ID],
        reference=text(item.get("taskName"))[:LONGEST_ID],
        state=TASK_STATES.get(text(item.get("status")), TaskState.UNKNOWN),
        called=called if called is not None and called >= 0 else None,
    )
