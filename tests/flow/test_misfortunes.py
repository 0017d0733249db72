"""Whatever happens in whatever order at both carriers: nobody is called twice, nobody is lost, and the sums add up.

Two campaigns share people and accounts. Each seed is a life of its own: orders, misfortunes and deaths, drawn one after
the other, and peace at the end.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.utils import timezone

from dialer.carriers.contract import CarrierError
from dialer.flow import batching, carrier_tasks, dispatch, ledger, lifecycle, reports, routes, verdicts, withdrawal
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Attempt, Batch, Campaign, CarrierExchange, CarrierFile, Route
from dialer.terms import VoiceDelivery
from sandbox.app import Sandbox
from sandbox.facts import LAAFFIC
from sandbox.laaffic_records import push_body
from sandbox.memory import Call
from sandbox.switches import Switches, with_changes
from sandbox.yunhu_bills import callback_body
from tests.carrier import eventually, stored
from tests.factories import (
    make_account,
    make_campaign,
    make_contact,
    make_contact_list,
    make_do_not_call,
    make_laaffic_account,
    make_user,
    make_voice_file,
)

pytestmark = pytest.mark.django_db

STEPS = 40
PEOPLE = 6
MOMENTS = {"lease_until", "until", "due_at", "ask_at", "next_pull_at", "retry_at", "postponed_until"}  # as tests/chaos
SEND, LIST = "voice/group/call/send", "voice/group/call/query"
UNCLEAR = ("drop_before_accept", "drop_after_accept", "http_500_before_accept", "http_500_after_accept")
REFUSALS = ("refuse:-37", "refuse:-10", "refuse:-18", "refuse:-16", "refuse:-22", "refuse:-1")
WEIGHTS = {"send": 10, "settle": 6, "pass_time": 5, "push": 4, "resume": 4, "trouble_at_send": 4, "pull": 3, "mend": 3}


class Killed(BaseException):
    """The process ends right after a carrier's answer has come."""


class Life:
    def __init__(self, seed: int, sandbox: Sandbox) -> None:
        self.chance = random.Random(seed)
        self.sandbox = sandbox
        self.person = make_user()
        self.answers_until_death: int | None = None
        self.push_fields = self.chance.choice(["new", "old"])
        kinds = self.chance.choice(["L", "LL", "LY", "YL", "LLY"])
        self.accounts = [self._account(kind, index) for index, kind in enumerate(kinds)]
        self.numbers = [f"+62812{1000 + index:06}{self.chance.choice([0, 1, 60, 42, 95]):02}" for index in range(8)]
        voice_file = make_voice_file()
        self.campaigns = [self._campaign(index, voice_file) for index in range(2)]
        CarrierFile.objects.update(name_at_carrier="welcome")

    def _account(self, kind: str, index: int) -> Account:
        if kind == "Y":
            address = f"{self.sandbox.address}/api/yunhu"
            return make_account(app_id="yunhu", access_key="key", batch_url=address, token_url=address, batch_size=2)
        names = {"app_id": f"app{index}", "access_key": f"key{index}", "secret": f"secret{index}"}
        return make_laaffic_account(batch_url=f"{self.sandbox.address}/v3", batch_size=index + 1, **names)

    def _campaign(self, index: int, voice_file: Any) -> Campaign:
        own = self.accounts[index % len(self.accounts)]
        campaign = make_campaign(
            account=own,
            voice_file=voice_file,
            state=Campaign.State.RUNNING,
            voice_delivery=_delivery(own),
            speech_text="Good morning.",
            speech_language="en",
        )
        for other in self.accounts:
            CarrierFile.objects.get_or_create(voice_file=voice_file, account=other)
            if other != own:
                share = self.chance.choice([1, 2, 5])
                Route.objects.create(campaign=campaign, account=other, share=share, voice_delivery=_delivery(other))
        contact_list = make_contact_list(campaign=campaign)
        for number in self.chance.sample(self.numbers, PEOPLE):
            make_contact(contact_list=contact_list, number=number)
        return campaign

    # --- what may happen ---

    def send(self) -> None:
        self._do(dispatch.send_next)

    def fill(self) -> None:
        self._do(batching.fill, self._campaign_now(), self.chance.choice(self.accounts))

    def settle(self) -> None:
        self._do(lifecycle.settle_next)

    def pull(self) -> None:
        self._do(ledger.pull, self.chance.choice(self.accounts), now=timezone.now())

    def ask(self) -> None:
        self._do(ledger.ask_next)

    def push(self) -> None:
        for call in list(self.sandbox.memory.bills.values()):
            if self.chance.random() < 0.5:
                self._push(call)

    def pass_time(self) -> None:
        _pass_time(timedelta(hours=self.chance.choice([1, 5])))

    def trouble_at_send(self) -> None:
        self._order(SEND, *UNCLEAR, *REFUSALS)

    def trouble_at_list(self) -> None:
        self._order(LIST, *UNCLEAR, "refuse:-22", "refuse:-37", "refuse:-1")

    def trouble_anywhere(self) -> None:
        self._order("*", *UNCLEAR)

    def pause(self) -> None:
        self._do(lifecycle.pause, self._campaign_now(), because="Somebody has a question.")

    def resume(self) -> None:
        self._do(lifecycle.resume, self._campaign_now())

    def cancel(self) -> None:
        if self.chance.random() < 0.15:
            self._do(lifecycle.cancel, self._campaign_now())

    def switch_off_or_on(self) -> None:
        account = Account.objects.get(pk=self.chance.choice(self.accounts).pk)
        Account.objects.filter(pk=account.pk).update(is_enabled=not account.is_enabled)

    def stop(self) -> None:
        routes.stop_account(self.chance.choice(self.accounts), "The carrier does not accept it.")

    def mend(self) -> None:
        Account.objects.update(stopped_because="")

    def close(self) -> None:
        self._do(routes.close, self._campaign_now(), self.chance.choice(self.accounts), because="Its calls failed.")

    def take_out(self) -> None:
        paused = Route.objects.filter(campaign__state=Campaign.State.PAUSED).first()
        if paused is not None:
            paused.delete()

    def say_no(self) -> None:
        if self.numbers and self.chance.random() < 0.4:
            make_do_not_call(number=self.numbers.pop())

    def die(self) -> None:
        self.answers_until_death = self.chance.choice([0, 0, 1, 2])

    def take_back(self) -> None:
        batch = Batch.objects.filter(state=Batch.State.ACCEPTED).first()
        if batch is not None and self.chance.random() < 0.3:
            self._do(carrier_tasks.take_back, batch, by=self.person)

    # --- how it ends ---

    def find_peace(self) -> None:
        """Everything works again for days, and a person decides what nobody else can."""
        self.answers_until_death = None
        for day in range(30):
            Account.objects.update(stopped_because="", is_enabled=True)
            for campaign in Campaign.objects.filter(state=Campaign.State.PAUSED):
                self._do(lifecycle.resume, campaign)
            while self._do(dispatch.send_next):
                pass
            eventually(lambda: self.sandbox.memory.open_count == 0)
            for account in self.accounts:
                self._do(ledger.pull, account, now=timezone.now())
            while self._do(ledger.ask_next):
                pass
            while lifecycle.settle_next():
                pass
            if not self._open_batches() and not Campaign.objects.filter(state__in=["running", "paused"]).exists():
                return
            _pass_time(timedelta(hours=5))
            if day == 15:
                self._decide()

    def _decide(self) -> None:
        """What nobody told of in a week was sent and is silent."""
        Batch.objects.filter(sent_at__isnull=False).update(sent_at=F("sent_at") - timedelta(days=9))
        for batch in Batch.objects.filter(state=Batch.State.UNCERTAIN):
            self._do(verdicts.was_sent, batch, by=self.person, because="Seen in the carrier's console.")

    def _open_batches(self) -> bool:
        return Batch.objects.filter(state__in=[Batch.State.WAITING, *Batch.OUT]).exists()

    def dialled(self, campaign: Campaign) -> Counter[str]:
        """How often the carriers rang each number for the campaign."""
        references = set(campaign.batches.values_list("reference", flat=True))
        calls = self.sandbox.memory.calls.values()
        return Counter(call.number[-10:] for call in calls if call.batch.reference in references)

    def note_exchange(self, **_: Any) -> None:
        if self.answers_until_death == 0:
            self.answers_until_death = None
            raise Killed
        if self.answers_until_death:
            self.answers_until_death -= 1

    def _do(self, verb: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """What the verb says; None if it was refused, or if the process was killed."""
        try:
            return verb(*given, **named)
        except (DialerError, CarrierError, Killed):
            return None

    def _campaign_now(self) -> Campaign:
        return Campaign.objects.get(pk=self.chance.choice(self.campaigns).pk)

    def _order(self, service: str, *fates: str) -> None:
        self.sandbox.memory.note("ordered", service=service, fates=[self.chance.choice(fates)])

    def _push(self, call: Call) -> None:
        account = next(account for account in self.accounts if account.app_id == call.batch.app)
        if call.batch.carrier == LAAFFIC:
            body = push_body([call], form="object", fields=self.push_fields)
        else:
            body = callback_body(call, echo_form="as_sent")
        ledger.apply(stored(account, body))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    keys = {f"app{index}": {"api_key": f"key{index}", "secret": f"secret{index}"} for index in range(3)}
    changes = {"laaffic_apps": keys, "apps": {"yunhu": "key"}, "offline_files": ["welcome"], "speed": 100_000}
    with Sandbox(port=0, switches=with_changes(Switches(), changes)) as running:
        yield running


@pytest.mark.parametrize("seed", [7, 11, 104, 1000])
def test_nobody_is_called_twice_or_lost_in_whatever_order_things_go_wrong(
    sandbox: Sandbox, settings: Any, seed: int
) -> None:
    settings.CALLS_PER_DAY = settings.CALLS_PER_WEEK = 0
    life = Life(seed, sandbox)
    events = [getattr(life, name) for name in _events()]
    post_save.connect(life.note_exchange, sender=CarrierExchange)
    try:
        for event in life.chance.choices(events, [WEIGHTS.get(name, 1) for name in _events()], k=STEPS):
            event()
            _check_sums(life)
        life.find_peace()
    finally:
        post_save.disconnect(life.note_exchange, sender=CarrierExchange)

    _check_sums(life)
    for campaign in Campaign.objects.all():
        progress = reports.progress(campaign)
        billed = Attempt.objects.filter(batch__campaign=campaign, call_records__isnull=False)
        assert campaign.state in withdrawal.OVER
        assert (progress.waiting, progress.at_the_carrier) == (0, 0)
        assert progress.settled == len(life.dialled(campaign))
        assert {number[-10:] for number in billed.values_list("contact__number", flat=True)} == set(
            life.dialled(campaign)
        )
        assert reports.reconciliation(campaign).adds_up


def _check_sums(life: Life) -> None:
    """Nobody was rung twice for one campaign, and everybody is in one place."""
    for campaign in Campaign.objects.all():
        assert max(life.dialled(campaign).values(), default=0) <= 1
        progress = reports.progress(campaign)
        places = (progress.waiting, progress.at_the_carrier, progress.settled, progress.silent, progress.not_called)
        assert min(places) >= 0
        assert sum(places) == progress.callable_count
        assert progress.row_count == PEOPLE


def _events() -> list[str]:
    ends = {"find_peace", "dialled", "note_exchange"}
    return [name for name in vars(Life) if not name.startswith("_") and name not in ends]


def _delivery(account: Account) -> VoiceDelivery:
    return VoiceDelivery.SPOKEN_TEXT if account.secret else VoiceDelivery.CARRIER_FILE


def _pass_time(span: timedelta) -> None:
    """All that waits for a moment waits so much less."""
    with transaction.atomic():
        for model in apps.get_models():
            names = {field.name for field in model._meta.concrete_fields} & MOMENTS
            if names:
                model._default_manager.update(**{name: F(name) - span for name in names})
