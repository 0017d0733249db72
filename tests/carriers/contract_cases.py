"""What every carrier must do, as tests to inherit. A carrier's test module gives these fixtures of its imitation:

=====================  ====================================================================
carrier                one account, in Indonesia, at an imitation that works
carrier_at(address)    the same account at any address
order(*numbers, **how) an order that fits, with a reference of its own
launches()             how many launches reached the imitation
next_fate(name)        what becomes of the next launch
wait_for_bills()       returns when every call has ended
callbacks(count)       the bodies of so many pushes
patient_carrier        as carrier, with time for the largest batch
secrets                what must show nowhere
=====================  ====================================================================
"""

import json
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.carriers.contract import (
    EXTENSIONS,
    Accepted,
    AlreadyTaken,
    BillQuery,
    BrokenLimits,
    Carrier,
    CarrierError,
    NotOffered,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from dialer.carriers.order import HangupSms, Period, Speech, Transfer, Voice
from dialer.terms import CampaignKind, Disposition, Feature, VoiceDelivery
from sandbox.sound import recording

NUMBERS = ("+6281200000001", "+6281200000060", "+6281200000142")  # answered, busy, answered with key 1
SOON = datetime.now(UTC) + timedelta(hours=1)
WISHES: dict[Feature, dict[str, Any]] = {  # parts of an order that make use of what some carriers can do
    Feature.REMARK: {"remark": "second reminder"},
    Feature.REPEATED_PLAY: {"play_count": 2},
    Feature.DELAYS: {"play_delay_seconds": 1, "hangup_delay_seconds": 1},
    Feature.CARRIER_START: {"start_at": SOON},
    Feature.CARRIER_PERIODS: {"periods": (Period(opens=SOON, closes=SOON + timedelta(hours=1)),)},
    Feature.HANGUP_SMS: {"sms": HangupSms(app_id="smsapp01", text="Thank you", on_ringing=True)},
    Feature.TRANSFER_IN_BATCH: {"transfer": Transfer(group="1000019", key="1")},
}
SERVICES: dict[Feature, tuple[Callable[[Carrier], object], ...]] = {  # what is asked for apart from a batch
    Feature.TASK_STATE: (
        lambda carrier: carrier.find_task("0" * 32, since=SOON - timedelta(days=1)),
        lambda carrier: carrier.task("1"),
    ),
    Feature.TASK_CANCEL: (lambda carrier: carrier.cancel_task("1"),),
    Feature.VOICE_UPLOAD: (
        lambda carrier: carrier.upload_voice("message.mp3", recording(seconds=2, seed=1)),
        lambda carrier: list(carrier.voice_files()),
        lambda carrier: carrier.delete_voice("1"),
    ),
    Feature.BALANCE: (lambda carrier: carrier.balance(),),
    Feature.CLEARS_TOKEN: (lambda carrier: carrier.log_out(),),
}
FUNCTION_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors], deadline=None
)


def last_hour() -> BillQuery:
    now = datetime.now(UTC)
    return BillQuery(start=now - timedelta(hours=1), end=now + timedelta(hours=1))


class CarrierCases:
    """Inherit as `class TestSomebody(CarrierCases)`."""

    refusals: tuple[str, ...]  # fates by which the imitated carrier says a clear no; the last one to this batch only
    lacking_in_bills: frozenset[str] = frozenset()  # facts of a call that only its callback tells

    def test_an_order_reaches_the_carrier_exactly_once(self, carrier: Carrier, order: Any, launches: Any) -> None:
        accepted = carrier.place(order(*NUMBERS))

        assert isinstance(accepted, Accepted)
        assert launches() == 1

    @pytest.mark.parametrize("fate", ["drop_after_accept", "timeout_after_accept", "http_500_after_accept",
                                      "html_after_accept", "drop_before_accept", "timeout_before_accept"])  # fmt: skip
    def test_a_launch_without_a_readable_answer_is_unknown_and_not_repeated(
        self, carrier: Carrier, order: Any, launches: Any, next_fate: Any, fate: str
    ) -> None:
        next_fate(fate)

        with pytest.raises(OutcomeUnknown):
            carrier.place(order(*NUMBERS))

        assert launches() == 1

    def test_a_refused_launch_says_why_and_is_not_repeated(
        self, carrier: Carrier, order: Any, launches: Any, next_fate: Any
    ) -> None:
        next_fate(self.refusals[-1])

        with pytest.raises(Refused) as refused:
            carrier.place(order(*NUMBERS))

        assert refused.value.code
        assert str(refused.value).endswith(".")
        assert launches() == 1

    def test_a_carrier_that_is_not_there_was_not_sent_anything(self, carrier_at: Any, order: Any) -> None:
        nowhere = carrier_at("http://127.0.0.1:9/")

        with pytest.raises(NotSent):
            nowhere.place(order(*NUMBERS))

    def test_more_than_the_ceiling_does_not_leave(self, carrier: Carrier, order: Any, launches: Any) -> None:
        ceiling = carrier.capabilities.ceilings[CampaignKind.MESSAGE]
        numbers = [f"+6281{index:09}" for index in range(ceiling + 1)]

        with pytest.raises(ValueError, match=f"{ceiling:,}"):
            carrier.place(order(*numbers))

        assert launches() == 0

    def test_exactly_the_ceiling_does(self, patient_carrier: Carrier, order: Any, launches: Any) -> None:
        ceiling = patient_carrier.capabilities.ceilings[CampaignKind.MESSAGE]

        patient_carrier.place(order(*(f"+6281{index:09}" for index in range(ceiling))))

        assert launches() == 1

    @pytest.mark.parametrize("numbers", [(), (NUMBERS[0], NUMBERS[0]), ("81200000001",), ("+919876543210",)],
                             ids=["none", "one twice", "not E.164", "of another country"])  # fmt: skip
    def test_numbers_that_must_not_be_called_do_not_leave(
        self, carrier: Carrier, order: Any, launches: Any, numbers: tuple[str, ...]
    ) -> None:
        with pytest.raises(ValueError, match=r"\.|form") as broken:
            carrier.place(order(*numbers))

        assert launches() == 0
        assert not any(number.strip("+") in str(broken.value) for number in numbers)

    @pytest.mark.parametrize("feature", WISHES)
    def test_a_wish_reaches_the_carrier_if_it_offers_it_and_else_nothing_leaves(
        self, carrier: Carrier, order: Any, launches: Any, feature: Feature
    ) -> None:
        wished = order(NUMBERS[0], **WISHES[feature])

        if feature in carrier.capabilities.features:
            assert carrier.problems(wished) == ()
            carrier.place(wished)
            assert launches() == 1
        else:
            assert {problem.part for problem in carrier.problems(wished)} == WISHES[feature].keys()
            with pytest.raises(BrokenLimits):
                carrier.place(wished)
            assert launches() == 0

    @pytest.mark.parametrize("delivery", VoiceDelivery)
    def test_the_voice_goes_the_ways_that_the_carrier_offers_and_no_other(
        self, carrier: Carrier, order: Any, launches: Any, delivery: VoiceDelivery
    ) -> None:
        can = carrier.capabilities
        speech = Speech(text="Good morning", language=next(iter(can.languages), "en"))
        is_spoken = delivery == VoiceDelivery.SPOKEN_TEXT
        voice = Voice(
            delivery=delivery,
            location="" if is_spoken else "message.mp3",
            content=b"sound" if delivery == VoiceDelivery.SENT_ALONG else b"",
            speech=speech if is_spoken else None,
        )

        found = carrier.problems(order(NUMBERS[0], voice=voice))

        assert bool(found) == (delivery not in can.voice_deliveries)
        if found:
            with pytest.raises(BrokenLimits):
                carrier.place(order(NUMBERS[0], voice=voice))
            assert launches() == 0

    @pytest.mark.parametrize("kind", CampaignKind)
    def test_only_kinds_that_the_carrier_offers_leave(
        self, carrier: Carrier, order: Any, launches: Any, kind: CampaignKind
    ) -> None:
        transfer = Transfer(group="extGroup-1", key="1") if kind == CampaignKind.VOICE_MENU else None
        wished = order(NUMBERS[0], kind=kind, transfer=transfer)

        if kind in carrier.capabilities.ceilings:
            carrier.place(wished)
            assert launches() == 1
        else:
            assert "kind" in {problem.part for problem in carrier.problems(wished)}
            with pytest.raises(BrokenLimits):
                carrier.place(wished)
            assert launches() == 0

    @pytest.mark.parametrize("feature", SERVICES)
    def test_a_service_is_there_exactly_if_the_carrier_offers_it(
        self, carrier: Carrier, exchanges: list[Any], feature: Feature
    ) -> None:
        for ask in SERVICES[feature]:
            if feature not in carrier.capabilities.features:
                with pytest.raises(NotOffered):
                    ask(carrier)
                assert exchanges == []
                continue
            with suppress(Refused):  # there is no such batch or file
                ask(carrier)

    def test_what_is_said_of_a_carrier_fits_together(self, carrier: Carrier) -> None:
        can = carrier.capabilities

        assert (Feature.EXTENSION_STATES in can.features) == (EXTENSIONS in can.call_back_kinds)
        assert bool(can.languages) == (VoiceDelivery.SPOKEN_TEXT in can.voice_deliveries)
        assert "ID" in can.countries

    def test_a_repeated_reference_is_refused_where_the_carrier_says_so(
        self, carrier: Carrier, order: Any, launches: Any
    ) -> None:
        placed = order(*NUMBERS)
        accepted = carrier.place(placed)
        if not carrier.capabilities.refuses_repeats:  # nothing is sent twice there, not even to see what happens
            assert launches() == 1
            return

        with pytest.raises(AlreadyTaken):
            carrier.place(placed)

        assert launches() == 2
        found = carrier.find_task(placed.reference, since=SOON - timedelta(days=1))
        assert found is not None
        assert found.carrier_task_id == accepted.carrier_task_id != ""

    def test_calls_have_a_cost_where_the_carrier_says_so(
        self, carrier: Carrier, order: Any, wait_for_bills: Any
    ) -> None:
        carrier.place(order(NUMBERS[0]))
        wait_for_bills()

        (call,) = [call for page in carrier.bills(last_hour()) for call in page]

        assert (call.cost is not None) == bool(call.currency) == (Feature.COSTS in carrier.capabilities.features)

    def test_bills_tell_each_call_once_and_may_be_asked_for_again(
        self, carrier: Carrier, order: Any, wait_for_bills: Any
    ) -> None:
        placed = order(*NUMBERS, wants_keypress=True)
        carrier.place(placed)
        wait_for_bills()

        for _ in range(2):
            calls = [call for page in carrier.bills(last_hour()) for call in page]

            assert len({call.carrier_call_id for call in calls}) == len(calls) == 3
            if "reference" not in self.lacking_in_bills:
                assert {call.reference for call in calls} == {placed.reference}
            by_number = {call.number_on_wire[-3:]: call for call in calls}
            assert by_number["001"].disposition == Disposition.ANSWERED
            assert by_number["001"].talk_seconds > 0
            assert by_number["060"].disposition == Disposition.BUSY
            assert by_number["060"].answered_at is None
            assert by_number["142"].keypress == "1"

    def test_bills_carry_aware_times_close_to_now(self, carrier: Carrier, order: Any, wait_for_bills: Any) -> None:
        carrier.place(order(*NUMBERS))
        wait_for_bills()

        for page in carrier.bills(last_hour()):
            for call in page:
                assert call.started_at is not None
                assert abs(datetime.now(UTC) - call.started_at) < timedelta(minutes=5)
                assert call.ended_at is not None
                assert call.ended_at >= call.started_at
                assert (call.answered_at is None) == (call.talk_seconds == 0)

    def test_bills_of_one_reference_hold_no_other_where_the_carrier_can_tell(
        self, carrier: Carrier, order: Any, wait_for_bills: Any
    ) -> None:
        first, second = order(NUMBERS[0]), order(NUMBERS[1])
        carrier.place(first)
        carrier.place(second)
        wait_for_bills()
        now = last_hour()

        query = BillQuery(start=now.start, end=now.end, reference=second.reference)
        found = [call for page in carrier.bills(query) for call in page]

        if Feature.BILLS_BY_REFERENCE in carrier.capabilities.features:
            assert [call.reference for call in found] == [second.reference]
        else:  # those of all batches
            assert sorted(call.number_on_wire[-3:] for call in found) == ["001", "060"]

    def test_a_recording_can_be_fetched_by_its_name(
        self, carrier: Carrier, order: Any, wait_for_bills: Any, wire: Any, callbacks: Any
    ) -> None:
        carrier.place(order(NUMBERS[0]))
        wait_for_bills()
        (call,) = self.calls_with_recordings(carrier, callbacks)

        link = carrier.recording_link(call.recording_name)

        assert link.expires_at is None or link.expires_at > datetime.now(UTC)
        with wire.download(link.url, purpose="recording", most_bytes=10**7) as file:
            assert len(b"".join(file.chunks)) == file.length_bytes > 1000

    def test_a_callback_and_a_bill_of_one_call_tell_the_same(
        self, carrier: Carrier, order: Any, wait_for_bills: Any, callbacks: Any
    ) -> None:
        placed = order(*NUMBERS, wants_keypress=True)
        accepted = carrier.place(placed)
        wait_for_bills()
        bills = {call.carrier_call_id: call for page in carrier.bills(last_hour()) for call in page}

        pushed = [call for body in callbacks(3) for call in carrier.read_callback(body).calls]

        assert {call.carrier_call_id for call in pushed} == bills.keys()
        for call in pushed:
            bill = bills[call.carrier_call_id]
            assert call.reference == placed.reference or call.carrier_task_id == accepted.carrier_task_id != ""
            for name in ("reference", "number_on_wire", "caller_id", "started_at", "answered_at", "ended_at",
                         "talk_seconds", "disposition", "keypress", "recording_name", "hangup_code"):  # fmt: skip
                if name in self.lacking_in_bills:
                    assert not getattr(bill, name), name
                else:
                    assert getattr(call, name) == getattr(bill, name), name

    @FUNCTION_FIXTURES
    @given(body=st.binary() | st.text().map(str.encode))
    def test_no_callback_whatever_its_bytes_raises(self, carrier: Carrier, body: bytes) -> None:
        reading = carrier.read_callback(body)

        assert bool(reading.complaint) or bool(reading.calls)

    def test_secrets_show_nowhere(
        self, carrier: Carrier, order: Any, next_fate: Any, exchanges: list[Any], secrets: tuple[str, ...],
        wait_for_bills: Any, callbacks: Any, caplog: Any,
    ) -> None:  # fmt: skip
        """Not in exchanges, reprs, messages, logs or tracebacks, in luck and in bad luck."""
        shown: list[str] = [carrier.check(), repr(carrier), repr(vars(carrier))]
        placed = order(NUMBERS[0])
        carrier.place(placed)
        wait_for_bills()
        for call in self.calls_with_recordings(carrier, callbacks):
            shown.append(repr(carrier.recording_link(call.recording_name)))
        for fate in ("http_500_before_accept", "html_before_accept", "drop_before_accept", *self.refusals):
            next_fate(fate)
            try:
                carrier.place(order(NUMBERS[1]))
            except CarrierError as error:
                shown += [str(error), repr(error), *traceback.format_exception(error)]
        if Feature.CLEARS_TOKEN in carrier.capabilities.features:
            carrier.log_out()

        everything = "\n".join([*shown, repr(exchanges), json.dumps([vars(one) for one in exchanges]), caplog.text])
        assert len(exchanges) >= 9
        for secret in secrets:
            assert secret not in everything
        for number in NUMBERS:
            assert number[3:] not in everything.replace(placed.reference, "")

    def calls_with_recordings(self, carrier: Carrier, callbacks: Any) -> list[Any]:
        """Of one call that was answered, from the way that tells of the recording; its bill is asked for anyway."""
        billed = [call for page in carrier.bills(last_hour()) for call in page]
        assert billed
        if "recording_name" in self.lacking_in_bills:
            billed = [call for body in callbacks(1) for call in carrier.read_callback(body).calls]
        assert all(call.recording_name for call in billed)
        return billed
