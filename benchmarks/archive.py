"""Recordings claimed, linked, fetched, decoded and stored, against a bare GET and write of the same files."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import requests
from django.conf import settings
from django.utils import timezone

from benchmarks import rows
from benchmarks.ratio import Ratio, Work, compare
from dialer.carriers.contract import Carrier
from dialer.carriers.order import Callee, Order, Voice
from dialer.flow import ledger
from dialer.flow.connect import carrier_of
from dialer.models import Account, Batch
from dialer.terms import VoiceDelivery
from recordings import archive
from recordings.models import Recording
from sandbox.app import Sandbox
from sandbox.switches import Switches
from sandbox.yunhu import PATH

FILES, ROUNDS = 50, 3
PATIENCE_SECONDS = 30


def measure() -> Iterator[Ratio]:
    with Sandbox(switches=Switches(apps={rows.APP: rows.KEY}, speed=100_000)) as sandbox:
        yield compare(
            "recordings kept, one after the other",
            against="GET and write",
            count=FILES,
            things="files",
            rounds=rounds(sandbox),
        )


def rounds(sandbox: Sandbox) -> Iterator[tuple[Work, Work]]:
    account = rows.account(sandbox.address + PATH)
    for _ in range(ROUNDS):
        called(account, sandbox)
        archive.enrol()
        names = Recording.objects.filter(state=Recording.State.DUE).values_list(
            "call_record__recording_name", flat=True
        )
        links = [carrier_of(account).recording_link(name).url for name in names]
        yield keep_all, lambda links=links: write_all(links)
        if Recording.objects.exclude(state=Recording.State.STORED).exists():
            raise AssertionError("not every recording was kept")


def called(account: Account, sandbox: Sandbox) -> Batch:
    """A batch whose calls are over and in the ledger."""
    campaign = rows.campaign(account)
    batch = rows.batch(campaign, rows.people(campaign, FILES))
    carrier: Carrier = carrier_of(account)
    callees = tuple(Callee(number=one) for one in batch.attempts.values_list("contact__number", flat=True))
    voice = Voice(delivery=VoiceDelivery.CARRIER_FILE, location=rows.VOICE_NAME)
    carrier.place(Order(reference=batch.reference, callees=callees, voice=voice))
    until = monotonic() + PATIENCE_SECONDS
    while sandbox.memory.open_count and monotonic() < until:
        sleep(0.05)
    ledger.pull(account, now=timezone.now())
    return batch


def keep_all() -> None:
    while archive.fetch_next():
        pass


def write_all(links: list[str]) -> None:
    folder = Path(settings.MEDIA_ROOT) / "bare"
    folder.mkdir(exist_ok=True)
    with requests.Session() as session:
        for at, link in enumerate(links):
            (folder / f"{at}.mp3").write_bytes(session.get(link, timeout=40).content)
