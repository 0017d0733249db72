"""Infin8linx, also called Infinity or Yunhu: batch voice IVR, bills and recordings over one form-data address.

What is sent and why: the carrier's IVR API book; see docs/carriers/yunhu.md for pages, certainty and open questions.
The batch service takes the credentials themselves, every other service a token that lives for 12 hours. The voice menu
is one of those others, so its launch is the only one that may log in first, and be repeated for a spent token.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from dialer.carriers.contract import (
    BILLS,
    EXTENSIONS,
    Accepted,
    AccountField,
    AccountSettings,
    BadCredentials,
    BillQuery,
    Call,
    CallbackAnswer,
    Capabilities,
    Carrier,
    CarrierError,
    NotSent,
    OrderProblem,
    OutcomeUnknown,
    Reading,
    RecordingLink,
    Refused,
    TokenStore,
)
from dialer.carriers.http import Answer, Wire
from dialer.carriers.order import Order
from dialer.carriers.tolerant import Unreadable
from dialer.carriers.values import moment, text, whole
from dialer.carriers.wishes import demand_offered, unoffered
from dialer.carriers.yunhu_answers import (
    LONGEST_WORDS,
    TokenSpent,
    accepted_message,
    as_bad_credentials,
    result,
    with_words,
)
from dialer.carriers.yunhu_bills import call_of, is_of_an_extension
from dialer.carriers.yunhu_callback import read_records
from dialer.carriers.yunhu_codes import NATION_CODES
from dialer.carriers.yunhu_extensions import event_of
from dialer.carriers.yunhu_order import CEILINGS, SERVICE, VOICE_TYPES, launch_fields, menu_fields, problems
from dialer.figures import count
from dialer.terms import CampaignKind, Feature, NumberForm
from dialer.translation import gettext, gettext_noop

logger = logging.getLogger(__name__)

ADDRESS: Final = "http://platform.infin8linx.com/api/yunhu"  # the only one that the API book prints
CAPABILITIES: Final = Capabilities(
    ceilings=CEILINGS,
    countries=NATION_CODES,
    voice_deliveries=frozenset(VOICE_TYPES),
    features=frozenset(
        {
            Feature.CALLER_ID,
            Feature.RING_LIMIT,
            Feature.CALL_LIMIT,
            Feature.TODAY_ONLY,
            Feature.REMARK,
            Feature.BILLS_BY_REFERENCE,
            Feature.EXTENSION_STATES,
            Feature.CLEARS_TOKEN,
        }
    ),
    account_fields=(
        AccountField(name="app_id", label=gettext_noop("app id"), help=gettext_noop("As the carrier gave it to you.")),
        AccountField(
            name="access_key", label=gettext_noop("access key"), help=gettext_noop("As the carrier gave it to you.")
        ),
        AccountField(name="batch_url", label=gettext_noop("address for batches"), default=ADDRESS),
        AccountField(
            name="token_url",
            label=gettext_noop("address for bills and recordings"),
            help=gettext_noop("Voice menus go there, too. Often the same; ask the carrier."),
            default=ADDRESS,
        ),
    ),
    number_form=NumberForm.NATIONAL,
    keeps_recordings_days=89,  # "3 months", page on the recording's link; the shortest three have 89 days
    call_back_kinds=(BILLS, EXTENSIONS),
)
LOGIN: Final = "App.Sip_Auth.Login"
LOGOUT: Final = "App.Sip_Auth.Logout"
GET_BILL: Final = "App.Sip_Cdr.GetBill"
RECORDING: Final = "App.Sip_Cdr.GetRecodeFile"
LAUNCH: Final = "launch"
TAKEN_OR_NOT: Final = gettext_noop("The batch may or may not have been taken.")
ASK_AGAIN: Final = gettext_noop("Try again.")
SECRETS: Final = frozenset({"appid", "accesskey", "token", "downurl", "recordurl"})

PAGE_SIZE: Final = 1_000  # the most that the carrier gives in one page of bills
MOST_SECONDS_BEFORE_LAUNCH: Final = 15  # with the launch's own 40 s less than the 60 s that whoever sends it has
MOST_PAGES: Final = 1_000  # of one question; more than that is a carrier that never ends

Found = TypeVar("Found")


class Yunhu(Carrier):
    """One account at Yunhu. Its repr, messages and exchanges hold no credentials and no token."""

    capabilities = CAPABILITIES

    def __init__(self, settings: AccountSettings, tokens: TokenStore, wire: Wire) -> None:
        self._settings = settings
        self._tokens = tokens
        self._wire = wire
        wire.conceal(settings.app_id, settings.access_key)

    def check(self) -> str:
        """Log in afresh; a sentence that says who the carrier thinks we are. Raises CarrierError."""
        companies: list[str] = []

        def log_in() -> str:
            found = self._login()
            companies.append(f"{text(found.get('companyname'))} ({text(found.get('companycode'))})")
            return text(found["token"])

        self._tokens.renew(self._tokens.current(), log_in)
        if not companies:
            return gettext("The carrier knows us as this account.")
        return gettext("The carrier knows us as %(company)s.") % {"company": self._wire.masked(companies[0])}

    def log_out(self) -> None:
        """The token is cleared at the carrier and forgotten here; without one nobody is asked. Raises CarrierError."""
        token = self._tokens.current()
        if token:
            try:
                self._with_token(token, LOGOUT, {}, purpose="log out", read=result)
            except TokenSpent:
                logger.info("the token was not valid any more when it was to be cleared")
        self._tokens.forget()

    def place(self, order: Order) -> Accepted:
        """Hand the batch over, with exactly one request that can take effect. Raises CarrierError, BrokenLimits.

        A voice menu may need a login before, and a second request if the first was turned down for a spent token.
        """
        demand_offered(order, self.capabilities)
        if order.kind == CampaignKind.VOICE_MENU:
            message = self._place_menu(menu_fields(order, self._settings))
        else:
            fields = launch_fields(order, self._settings)
            message = self._ask(self._settings.batch_url, fields, accepted_message, purpose=LAUNCH)
        return Accepted(message=self._wire.masked(message))

    def problems(self, order: Order) -> tuple[OrderProblem, ...]:
        """All limits of the carrier that the order breaks. Asks nobody."""
        return tuple(unoffered(order, self.capabilities)) or problems(order, self._settings)

    def bills(self, query: BillQuery) -> Iterator[tuple[Call, ...]]:
        """All pages of matching calls, reading without consuming. May be repeated. Raises CarrierError.

        Pages end with an empty one, or when as many bills came as the carrier counts. The reference is asked for and
        looked at again here, for no page says that the carrier heeds it for batches.
        """
        seen: set[str] = set()
        for page in range(1, MOST_PAGES + 1):
            found, total = self._page(query, page)
            calls = [call_of(record, self._settings.time_zone) for record in found]
            known = [call for call in calls if call is not None]
            fresh = {call.carrier_call_id for call in known} - seen
            if known and not fresh:
                raise OutcomeUnknown(gettext("The carrier gives the same page of bills again and again."))
            seen |= fresh
            matching = tuple(call for call in known if query.reference in ("", call.reference))
            if matching:
                yield matching
            if not found or (total and len(seen) >= total):
                return
        sentence = gettext("The carrier has more than %(most)s pages of bills for one question.")
        raise OutcomeUnknown(sentence % {"most": count(MOST_PAGES)})

    def recording_link(self, recording_name: str) -> RecordingLink:
        """A fresh link. May be repeated. Raises CarrierError; Refused if the carrier has no such recording."""
        found = self._with_renewed_token(RECORDING, {"filename": recording_name}, purpose="recording link")
        found = found if isinstance(found, dict) else {}
        url = text(found.get("downurl"))
        if not url:
            raise Refused(gettext("The carrier has no link for this recording."))
        self._wire.conceal(url)
        return RecordingLink(
            url=url if "://" in url else f"http://{url}",
            expires_at=moment(found.get("expiredtime"), self._settings.time_zone),
        )

    def read_callback(self, body: bytes, *, kind: str = BILLS) -> Reading:
        """Never raises: what can't be understood is a complaint.

        The kind does not matter: an address that was typed into the wrong field of the console loses nothing.
        """
        try:
            found = read_records(body)
        except Unreadable as error:
            return Reading(complaint=str(error))
        ours = [record for record in found.bills if not is_of_an_extension(record)]
        calls = tuple(call for record in ours if (call := call_of(record, self._settings.time_zone)))
        events = tuple(event for record in found.states if (event := event_of(record, self._settings.time_zone)))
        if ours and not calls and not events:
            return Reading(complaint=gettext("It has neither id nor uuid, so the call can't be told from others."))
        if found.states and not events and not calls:
            return Reading(complaint=gettext("It tells of an extension, but not which one, in what state, or when."))
        is_whole = len(calls) == len(ours) and len(events) == len(found.states)
        return Reading(calls=calls, extension_events=events, was_repaired=found.was_repaired or not is_whole)

    def callback_answer(self) -> CallbackAnswer:
        """The text 1: no page says what is wanted; this is what another client of the platform answers."""
        return CallbackAnswer(body=b"1", content_type="text/plain")

    def _page(self, query: BillQuery, page: int) -> tuple[list[Mapping[str, Any]], int | None]:
        """One page of bills, and how many there are in all if the carrier says so."""
        fields = {
            "starttime": self._on_the_wire(query.start),
            "endtime": self._on_the_wire(query.end),
            "syncflag": "3",  # all; 1 would consume what it reads
            "direction": "3",  # both
            "callmethod": "6",  # IVR and group calls; the default is another
            "currentpage": str(page),
            "itemsperpage": str(PAGE_SIZE),
            "extnumber": "",
            "destnumber": "",
            "userid": "",
            "memberid": "",
            "chengshudu": "",
            "customuuid": query.reference,
        }
        found = self._with_renewed_token(GET_BILL, fields, purpose="bills")
        if found in (None, [], {}):
            return [], None
        bills = found.get("bills") if isinstance(found, dict) else None
        if not bills and isinstance(found, dict) and whole(found.get("totalitems")) == 0:
            return [], 0
        if not isinstance(bills, list) or not all(isinstance(bill, dict) for bill in bills):
            raise OutcomeUnknown(gettext("The carrier's list of bills can't be read."))
        return bills, whole(found.get("totalitems"))

    def _on_the_wire(self, moment: datetime) -> str:
        if moment.tzinfo is None:
            raise ValueError("A time without a zone can't be told to the carrier.")
        return moment.astimezone(self._settings.time_zone).strftime("%Y-%m-%d %H:%M:%S")

    def _place_menu(self, fields: Mapping[str, str]) -> str:
        """What the carrier said when it took the person. Raises CarrierError.

        A login that has no clear end, or that left too little time, is a launch that never left.
        """
        started = time.monotonic()

        def renew(spent: str) -> str:
            try:
                token = self._renewed(spent)
            except OutcomeUnknown as error:
                nobody = gettext("Without a token nobody was called.")
                raise NotSent(f"{error} {nobody}", code=error.code) from None
            if time.monotonic() - started > MOST_SECONDS_BEFORE_LAUNCH:
                raise NotSent(gettext("The carrier took so long over the login that nobody was called yet."))
            return token

        return str(self._with_renewed_token(SERVICE, fields, purpose=LAUNCH, read=accepted_message, renew=renew))

    def _renewed(self, spent: str) -> str:
        return self._tokens.renew(spent, self._log_in)

    def _with_renewed_token(
        self,
        service: str,
        fields: Mapping[str, str],
        *,
        purpose: str,
        read: Callable[[Mapping[str, Any]], Any] = result,
        renew: Callable[[str], str] | None = None,
    ) -> Any:
        """What `read` finds in the service's answer. A spent token is renewed once, and the request repeated once.

        The carrier turns a request with a spent token down before it does anything, so also a launch may be repeated.
        """
        renew = renew or self._renewed
        token = self._tokens.current() or renew("")
        try:
            return self._with_token(token, service, fields, purpose=purpose, read=read)
        except TokenSpent:
            token = renew(token)
        try:
            return self._with_token(token, service, fields, purpose=purpose, read=read)
        except TokenSpent as error:
            raise BadCredentials(
                gettext("The carrier does not accept a token that it has just given."), code=error.code
            ) from None

    def _with_token(
        self,
        token: str,
        service: str,
        fields: Mapping[str, str],
        *,
        purpose: str,
        read: Callable[[Mapping[str, Any]], Found],
    ) -> Found:
        asked = {"service": service, "token": token, **fields}
        return self._ask(self._settings.token_url, asked, read, purpose=purpose)

    def _log_in(self) -> str:
        return text(self._login()["token"])

    def _login(self) -> Mapping[str, Any]:
        """The carrier's facts about the account, a token among them. Raises CarrierError."""
        fields = {"service": LOGIN, "appid": self._settings.app_id, "accesskey": self._settings.access_key}
        try:
            found = self._ask(self._settings.token_url, fields, result, purpose="login")
        except Refused as error:
            raise as_bad_credentials(error) from None
        if not isinstance(found, dict) or not text(found.get("token")):
            raise OutcomeUnknown(gettext("The carrier accepts the account but gives no token."))
        self._wire.conceal(text(found["token"]))
        return found

    def _ask(
        self, url: str, fields: Mapping[str, str], read: Callable[[Mapping[str, Any]], Found], *, purpose: str
    ) -> Found:
        """What `read` finds in the answer to one request. The carrier's words in an error are masked.

        An unknown outcome says what it means: a batch may have been taken, anything else may be asked for again.
        """
        try:
            answer = self._wire.post_form(url, fields, purpose=purpose, secrets=SECRETS)
            return self._read(answer, read)
        except OutcomeUnknown as error:
            advice = TAKEN_OR_NOT if purpose == LAUNCH else ASK_AGAIN
            raise OutcomeUnknown(f"{error} {gettext(advice)}", code=error.code) from None

    def _read(self, answer: Answer, read: Callable[[Mapping[str, Any]], Found]) -> Found:
        document = with_words(answer.document, lambda words: self._wire.masked(words, length=LONGEST_WORDS))
        try:
            return read(document)
        except CarrierError as error:
            raise type(error)(self._wire.masked(str(error)), code=self._wire.masked(error.code)) from None
