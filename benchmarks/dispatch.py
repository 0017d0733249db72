"""Batches of 1,000 planned, committed, handed over and noted, against a bare POST of the same form."""

from collections.abc import Iterator
from uuid import uuid4

import requests

from benchmarks import rows
from benchmarks.ratio import Ratio, Work, compare
from dialer.flow import dispatch
from dialer.models import Account, Batch, Campaign
from sandbox.app import Sandbox
from sandbox.switches import Switches
from sandbox.yunhu import PATH

PEOPLE, ROUNDS = 1000, 7


def measure() -> Iterator[Ratio]:
    # At life's own speed the calls are still ringing when we are done, so they take no time of ours.
    with Sandbox(switches=Switches(apps={rows.APP: rows.KEY}, lines=1)) as sandbox:
        yield compare(
            "batches handed over",
            against="POST of the same form",
            count=PEOPLE,
            things="people",
            rounds=rounds(sandbox.address + PATH),
        )


def rounds(address: str) -> Iterator[tuple[Work, Work]]:
    account = rows.account(address)
    session = requests.Session()
    for _ in range(ROUNDS):
        campaign = rows.campaign(account)
        numbers = [one.number.removeprefix("+62") for one in rows.people(campaign, PEOPLE)]
        Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.RUNNING)
        fields = form(account, numbers)
        yield dispatch.send_next, lambda fields=fields: post(session, address, fields)
        if campaign.batches.filter(state=Batch.State.ACCEPTED, contact_count=PEOPLE).count() != 1:
            raise AssertionError("the sandbox did not take everybody in one batch")
        Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.FINISHED)


def form(account: Account, numbers: list[str]) -> dict[str, str]:
    return {
        "service": "App.Sip_Call.PlayVoice",
        "appid": account.app_id,
        "accesskey": account.access_key,
        "nationcode": "id",
        "destnumber": ",".join(numbers),
        "voicetype": "1",
        "voicefile": rows.VOICE_NAME,
        "userkey": "0",
        "chengshudu": "",
        "disnumber": "",
        "customuuid": uuid4().hex,
        "todayonly": "1",
    }


def post(session: requests.Session, address: str, fields: dict[str, str]) -> None:
    parts = {name: (None, text) for name, text in fields.items()}  # multipart, as the carrier's samples have it
    answer = session.post(address, files=parts, timeout=40)
    if answer.json()["code"] != 200:
        raise AssertionError("the sandbox did not take the bare form")
