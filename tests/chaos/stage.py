"""A stage for one campaign: a database, a folder, a carrier, a web and workers, each a process that may be killed.

The driver (a test, or `python -m tests.chaos`) holds the database too, but only looks and lets time pass. Time passes
only while nobody works: then every lease, pause and lock is over, as after an hour's power cut.
"""

import json
import os
import random
import select
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connections, transaction
from django.db.models import F
from django.urls import reverse

from dialer.carriers import with_feature
from dialer.models import Account, Batch, Callback, CallRecord, Campaign, Route
from dialer.terms import Feature, VoiceDelivery
from recordings.models import Recording
from tests.chaos.nursery import Nursery
from tests.factories import make_account, make_campaign, make_carrier_file, make_laaffic_account, make_voice_file

# Moments from which somebody may act again. Facts (when something was sent, called, stored) never move.
MOMENTS = {"lease_until", "until", "due_at", "ask_at", "next_pull_at", "rung_at", "lock"}
HOUR = timedelta(hours=1)
VOICE = "welcome"
APP, KEY = "chaos", "open-sesame"
SIGNED_APP, SIGNED_KEY, SECRET = "chaos-signed", "chaos-key", "open-barley"
YUNHU, LAAFFIC, BOTH = "yunhu", "laaffic", "both"
CARRIERS = (YUNHU, LAAFFIC, BOTH)
SPOKEN = {
    "voice_delivery": VoiceDelivery.SPOKEN_TEXT,
    "speech_text": "Good morning. This is the voice of the storm.",
    "speech_language": "en",
}
LONGEST_CALL_SECONDS = 5  # recordings are decoded, and that is most of the work
PATIENCE_SECONDS = 10

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one process is to do and when it is killed: at a place for the n-th time, after some seconds, or never."""

    place: str = ""
    nth: int = 1
    is_frozen: bool = False  # at the place it stands still, as a machine that sleeps, instead of dying
    killed_after_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Processes that live at the same time. A wave ends when its workers have ended, one way or the other."""

    workers: Sequence[Life] = (Life(),)
    web: Life = Life()
    has_carrier: bool = True
    carrier_killed_after_seconds: float | None = None
    lasts_seconds: float = 20  # at most; then everybody is killed
    rest: timedelta = HOUR  # how long nobody works afterwards


@dataclass(frozen=True, kw_only=True)
class Process:
    """A forked process, held so that its number can't be another's."""

    descriptor: int

    def kill(self) -> None:
        if not self.has_ended():
            signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)

    def thaw(self) -> None:
        """Go on after having been frozen."""
        signal.pidfd_send_signal(self.descriptor, signal.SIGCONT)

    def has_ended(self, seconds: float = 0) -> bool:
        return bool(select.select([self.descriptor], [], [], seconds)[0])

    def end(self) -> None:
        """Killed and gone afterwards."""
        self.kill()
        self.has_ended(PATIENCE_SECONDS)


@dataclass(kw_only=True)
class Stage:
    """One campaign of these people at a sandbox of its own, with an account at one of its carriers or at both."""

    nursery: Nursery
    folder: Path
    people: list[str]  # cells of the list; see `people_with`
    batch_size: int = 5
    carriers: str = YUNHU
    switches: dict[str, Any] = field(default_factory=dict)
    kills: int = 0
    waves: int = 0
    _carrier: Process | None = None
    _web: Process | None = None
    _forked: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.carrier_port, self.web_port = free_ports(2)
        self.carrier = f"http://127.0.0.1:{self.carrier_port}"
        self.accounts: list[Account] = []
        if self.carriers in (YUNHU, BOTH):
            self.accounts.append(self._account_of_files())
        if self.carriers in (LAAFFIC, BOTH):
            self.accounts.append(self._account_of_texts())
        self.account: Account = self.accounts[0]
        voice_file = make_voice_file(original=ContentFile(b"not listened to", name="message.wav"))
        make_carrier_file(voice_file=voice_file, account=self.account, name_at_carrier=VOICE)
        self.campaign: Campaign = make_campaign(
            account=self.account,
            voice_file=voice_file,
            wants_keypress=True,
            max_call_seconds=LONGEST_CALL_SECONDS,
            **SPOKEN | ({} if self.carriers == LAAFFIC else {"voice_delivery": VoiceDelivery.CARRIER_FILE}),
        )
        for other in self.accounts[1:]:
            Route.objects.create(campaign=self.campaign, account=other, voice_delivery=VoiceDelivery.SPOKEN_TEXT)
        rows = ["name,phone", *(f"Person {row},{cell}" for row, cell in enumerate(self.people))]
        (self.folder / "people.csv").write_text("\n".join(rows) + "\n")

    def _account_of_files(self) -> Account:
        address = f"{self.carrier}/api/yunhu"
        return make_account(
            app_id=APP, access_key=KEY, batch_url=address, token_url=address, batch_size=self.batch_size
        )

    def _account_of_texts(self) -> Account:
        return make_laaffic_account(
            app_id=SIGNED_APP,
            access_key=SIGNED_KEY,
            secret=SECRET,
            batch_url=f"{self.carrier}/v3",
            batch_size=self.batch_size,
        )

    # --- processes ---

    def start_carrier(self) -> None:
        """The carrier answers; if it was killed, it goes on from its journal."""
        if self._carrier and not self._carrier.has_ended():
            return
        switches = {
            "apps": {APP: KEY},
            "laaffic_apps": {SIGNED_APP: {"api_key": SIGNED_KEY, "secret": SECRET}},
            "offline_files": [VOICE],
            "speed": 100_000,
            "callback_urls": {account.app_id: self._door(account) for account in self.accounts},
            **self.switches,
        }
        self._carrier = self._fork("carrier", port=self.carrier_port, switches=switches)
        until(lambda: _answers(self.carrier_port))

    def _door(self, account: Account) -> str:
        path = reverse("callback", args=[account.pk, account.callback_secret, "bills"])
        return f"http://127.0.0.1:{self.web_port}{path}"

    def start_web(self, life: Life = Life()) -> None:
        """The web answers; if it lives, it lives on."""
        if self._web and not self._web.has_ended():
            return
        self._web = self._fork("web", port=self.web_port, **_orders(life))
        until(lambda: _answers(self.web_port) or self.deaths())

    def stop_carrier(self) -> None:
        if self._carrier:
            self._carrier.end()
        self._carrier = None

    def stop_web(self) -> None:
        if self._web:
            self._web.end()
        self._web = None

    def start_worker(self, life: Life = Life(), *, has_operator: bool = True, **orders: Any) -> Process:
        """A worker; the operator sits at one of them only, as a second one would upload a second list."""
        campaign = self.campaign.pk if has_operator else None
        return self._fork("work", campaign=campaign, **_orders(life), **orders)

    def live(self, wave: Wave = Wave()) -> None:
        """Let the wave live and die, then let the time pass in which nobody works."""
        self.waves += 1
        died_before = len(self.deaths())
        if wave.has_carrier:
            self.start_carrier()
        else:
            self.stop_carrier()
        if wave.web.place or wave.web.killed_after_seconds is not None:
            self.stop_web()
        self.start_web(wave.web)
        workers = [self.start_worker(life, has_operator=not index) for index, life in enumerate(wave.workers)]
        kills = [
            (life.killed_after_seconds, worker)
            for life, worker in zip(wave.workers, workers, strict=True)
            if life.killed_after_seconds is not None
        ]
        if wave.web.killed_after_seconds is not None and self._web:
            kills.append((wave.web.killed_after_seconds, self._web))
        if wave.carrier_killed_after_seconds is not None and self._carrier:
            kills.append((wave.carrier_killed_after_seconds, self._carrier))
        self._let_live(workers, kills, seconds=wave.lasts_seconds)
        self.kills += len(self.deaths()) - died_before
        self.pass_time(wave.rest)

    def _let_live(self, workers: list[Process], kills: list[tuple[float, Process]], *, seconds: float) -> None:
        started = monotonic()
        for after_seconds, process in sorted(kills, key=lambda kill: kill[0]):
            _wait(workers, seconds=started + after_seconds - monotonic())
            if not process.has_ended():
                process.end()
                self.kills += 1
        _wait(workers, seconds=started + seconds - monotonic())
        for worker in workers:
            self.kills += not worker.has_ended()
            worker.end()

    def _fork(self, role: str, **orders: Any) -> Process:
        connections.close_all()
        pid = self.nursery.fork(role=role, folder=str(self.folder), **orders)
        try:
            process = Process(descriptor=os.pidfd_open(pid))
        except ProcessLookupError:
            process = _ended_process()
        self._forked.append(process)
        return process

    def close(self) -> None:
        """Nothing of the stage runs afterwards."""
        for process in self._forked:
            process.end()
            os.close(process.descriptor)

    # --- time ---

    def pass_time(self, span: timedelta = HOUR) -> None:
        """All that waits for a moment waits so much less; files left over are so much older."""
        with transaction.atomic():
            for model in apps.get_models():
                names = {of.name for of in model._meta.concrete_fields} & MOMENTS
                if names:
                    model._default_manager.update(**{name: F(name) - span for name in names})
        for part in self.parts():
            then = part.stat().st_mtime - span.total_seconds() - 1
            os.utime(part, (then, then))

    # --- what is known ---

    def deaths(self) -> list[str]:
        """Places at which processes killed themselves so far."""
        return _lines(self.folder / "deaths")

    def problems(self) -> str:
        """What processes complained of that they should not."""
        path = self.folder / "problems"
        return path.read_text() if path.exists() else ""

    def parts(self) -> list[Path]:
        return list((Path(settings.MEDIA_ROOT)).rglob("*.part"))

    def state(self) -> dict[str, Any]:
        return self.ask("state")

    def ask(self, name: str) -> Any:
        with urllib.request.urlopen(f"{self.carrier}/_sandbox/{name}", timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def tell(self, name: str, **given: Any) -> None:
        body = json.dumps(given).encode()
        urllib.request.urlopen(f"{self.carrier}/_sandbox/{name}", body, timeout=PATIENCE_SECONDS).close()

    def quiet_carrier(self) -> None:
        """All calls have ended and all callbacks were tried."""
        self.start_carrier()
        until(lambda: not (found := self.state())["calls_open"] and not found["callbacks_waiting"])

    def is_over(self) -> bool:
        """Nothing is left to do, except for a person who may look at uncertain batches."""
        campaign = Campaign.objects.get(pk=self.campaign.pk)
        open_batches = Batch.objects.filter(state__in=[Batch.State.WAITING, Batch.State.SENDING, Batch.State.ACCEPTED])
        open_recordings = Recording.objects.filter(state__in=[Recording.State.DUE, Recording.State.FETCHING])
        uncertain = campaign.batches.filter(state__in=Batch.UNCLEAR)
        clear_themselves_up = uncertain.filter(account__carrier__in=with_feature(Feature.REFUSES_REPEATS))
        has_ended = campaign.state == Campaign.State.FINISHED or (campaign.is_planned and uncertain.exists())
        return (
            has_ended
            and not clear_themselves_up.exists()
            and not open_batches.exists()
            and not open_recordings.exists()
            and not CallRecord.objects.filter(awaits_archive=True).exists()
            and not Callback.objects.filter(state=Callback.State.RECEIVED).exists()
            and not self.parts()
            and CallRecord.objects.filter(account__in=self.accounts).count() == self.state()["bills"]
        )

    def heal(self, *, waves: int = 30) -> None:
        """Undisturbed waves until all is over, or until there were so many that it is given up."""
        for _ in range(waves):
            self.quiet_carrier()
            if self.is_over():
                return
            self.live()


@contextmanager
def opened(nursery: Nursery, folder: Path, people: list[str], **options: Any) -> Iterator[Stage]:
    """A stage on which nothing runs afterwards."""
    stage = Stage(nursery=nursery, folder=folder, people=people, **options)
    try:
        yield stage
    finally:
        stage.close()


def people_with(endings: Sequence[int]) -> list[str]:
    """A mobile number of Indonesia for each two last digits, which are its fate at the sandbox."""
    return [f"0812{index:06}{ending:02}" for index, ending in enumerate(endings, start=1000)]


def until(condition: Callable[[], Value], seconds: float = PATIENCE_SECONDS) -> Value:
    """The first true value of the condition, asked again and again."""
    ends, pause = monotonic() + seconds, Event()
    while not (value := condition()):
        if monotonic() > ends:
            raise AssertionError(f"did not happen within {seconds} s")
        pause.wait(0.004)
    return value


def free_ports(count: int) -> list[int]:
    """Ports of loopback below those that the kernel gives to clients, so that a restart finds its own still free."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


def _orders(life: Life) -> dict[str, Any]:
    return {"place": life.place, "nth": life.nth, "is_frozen": life.is_frozen}


def _answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _wait(workers: list[Process], *, seconds: float) -> None:
    """Until all of them have ended, or the seconds are over."""
    ends = monotonic() + seconds
    for worker in workers:
        if not worker.has_ended(max(0.0, ends - monotonic())):
            return


def _ended_process() -> Process:
    """Stands for one that ended before it could be held."""
    reading, writing = os.pipe()
    os.close(writing)
    return Process(descriptor=reading)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
