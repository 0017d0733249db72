"""The whole story over real processes: a spreadsheet, a launch, callbacks, bills, recordings, and the sums."""

import hashlib
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dialer import tasks
from dialer.flow import intake, ledger, lifecycle, reports, voice
from dialer.models import Account, Batch, Callback, Campaign, ContactList
from dialer.terms import Disposition, VoiceDelivery
from recordings import archive
from recordings.models import Recording
from recordings.reports import kept
from tests import cluster
from tests.factories import make_account, make_campaign, wav

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]

PATIENCE_SECONDS = 90


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A sandbox and the whole of `serve`, both running, and an account between them."""

    carrier: str
    account: Account
    log: Path

    def eventually(self, condition: Any) -> Any:
        return cluster.eventually(condition, PATIENCE_SECONDS, log=self.log)

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.carrier}/_sandbox/state", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def configure(self, **switches: Any) -> None:
        body = json.dumps(switches).encode()
        urllib.request.urlopen(f"{self.carrier}/_sandbox/configure", body, timeout=10).close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    port = cluster.free_port()
    log = tmp_path / "serve.log"
    web = f"http://127.0.0.1:{port}"
    with (
        cluster.sandbox(tmp_path / "sandbox.log", "--speed", "300", "--app", "journey:open-sesame") as sandbox,
        cluster.serve(log, port=port, env={"PUBLIC_URL": web}),
    ):
        carrier = cluster.address_in(sandbox)
        account = make_account(
            app_id="journey",
            access_key="open-sesame",
            batch_url=f"{carrier}/api/yunhu",
            token_url=f"{carrier}/api/yunhu",
            batch_size=40,
        )
        stage = Stage(carrier=carrier, account=account, log=log)
        path = reverse("callback", args=[account.pk, account.callback_secret, "bills"])
        stage.configure(callback_url=f"{web}{path}")
        stage.eventually(lambda: is_up(f"{web}/healthz"))
        yield stage


def is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


def people(count: int) -> bytes:
    """So many numbers with all endings from 00 on, so that every fate of the sandbox occurs."""
    return "".join(["name,phone\n", *(f"Person {row},0812{row:08}\n" for row in range(count))]).encode()


def launched(stage: Stage, *, count: int) -> Campaign:
    sound = ContentFile(wav(3), name="message.wav")
    campaign = make_campaign(
        account=stage.account,
        voice_file=voice.store(name="Journey message", upload=sound),
        voice_delivery=VoiceDelivery.OUR_ADDRESS,
        wants_keypress=True,
    )
    contact_list = intake.upload(campaign, SimpleUploadedFile("people.csv", people(count)))
    found = intake.look(contact_list)
    intake.confirm(
        contact_list,
        number_column=found.number_column or 0,
        sheet=found.sheet,
        encoding=found.encoding,
        delimiter=found.delimiter,
        has_header=found.has_header,
    )
    tasks.ring("intake")
    stage.eventually(lambda: ContactList.objects.get().state == ContactList.State.READY)
    lifecycle.launch(campaign)
    tasks.ring("dispatch")
    return campaign


def is_finished(campaign: Campaign) -> bool:
    """Asks for bills on the way, as an operator may at any time: those of lost callbacks come only by pull."""
    ledger.ask_now(campaign.account)
    tasks.ring("bills")
    return Campaign.objects.get(pk=campaign.pk).state == Campaign.State.FINISHED


def is_all_kept(campaign: Campaign) -> bool:
    for recording in Recording.objects.filter(state=Recording.State.DUE):
        archive.ask_again(recording)
    tasks.ring("recordings")
    return not kept(campaign).open


def test_from_a_spreadsheet_to_kept_recordings(stage: Stage) -> None:
    campaign = launched(stage, count=100)

    stage.eventually(lambda: is_finished(campaign))
    stage.eventually(lambda: is_all_kept(campaign))

    theirs, ours, recordings = stage.state(), reports.reconciliation(campaign), kept(campaign)
    assert theirs["dialled_twice"] == {}
    assert theirs["violations"] == []
    assert ours.adds_up
    assert (ours.dialled, ours.silent, theirs["numbers_dialled"]) == (100, 0, 100)
    assert ours.billed_by_pull_only >= 1  # ending 91: its callback is lost
    assert set(campaign.batches.values_list("state", flat=True)) == {Batch.State.SETTLED}
    found = reports.progress(campaign)
    assert found.dispositions[Disposition.ANSWERED] == theirs["recordings_promised"] == recordings.stored
    assert found.dispositions[Disposition.BUSY] == 10
    assert found.keypresses == {"1": 8, "2": 6, "9": 3, "#": 2}  # 2: five endings, and 97 in an odd form
    assert not Callback.objects.exclude(state=Callback.State.APPLIED).exists()
    for recording in Recording.objects.all():
        content = (Path(settings.MEDIA_ROOT) / recording.file.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == recording.sha256
        assert recording.seconds >= recording.call_record.talk_seconds - archive.TOLERANCE_SECONDS


def test_with_all_callbacks_lost_the_pull_finds_everything(stage: Stage) -> None:
    stage.configure(callbacks="lost")

    campaign = launched(stage, count=60)
    stage.eventually(lambda: is_finished(campaign))

    ours = reports.reconciliation(campaign)
    assert ours.adds_up
    assert (ours.billed_by_callback, ours.billed_by_pull_only) == (0, 60)


def test_with_all_callbacks_doubled_everything_is_there_once(stage: Stage) -> None:
    stage.configure(callbacks="doubled")

    campaign = launched(stage, count=60)
    stage.eventually(lambda: is_finished(campaign))

    assert campaign.call_records.count() == 60
    assert reports.reconciliation(campaign).adds_up
