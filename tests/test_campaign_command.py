"""`manage.py campaign`: the console's orders for scripts, with somebody's permissions."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dialer.models import Batch, Campaign, Contact
from dialer.terms import Disposition
from tests.factories import (
    make_batch,
    make_campaign,
    make_carrier_file,
    make_contacts,
    make_laaffic_account,
    make_user,
    settle,
)

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command("campaign", *(str(argument) for argument in arguments), stdout=out)
    return out.getvalue()


def document(folder: Path, **fields: Any) -> Path:
    carrier_file = make_carrier_file()
    path = folder / "wishes.json"
    wishes = {"name": "Delivery", "account": carrier_file.account_id, "voice_file": carrier_file.voice_file_id}
    path.write_text(json.dumps(wishes | fields))
    return path


def test_a_draft_is_made_with_its_numbers(tmp_path: Path) -> None:
    person = make_user("dialer.add_campaign", "dialer.change_campaign")
    numbers = tmp_path / "people.csv"
    numbers.write_text("name,phone\nAdi,081200000001\nBudi,081200000002\nCitra,081200000001\n")
    said = run("create", document(tmp_path), "--numbers", numbers, "--number-column", 2, "--by", person)

    campaign = Campaign.objects.get()
    assert (campaign.created_by, campaign.state) == (person, Campaign.State.DRAFT)
    assert f"Campaign {campaign.pk}" in said
    assert "2 of 3 rows are called" in said
    assert Contact.objects.count() == 3


def test_texts_of_the_list_come_along(tmp_path: Path) -> None:
    account = make_laaffic_account()
    make_campaign(account=account)
    voice_file = Campaign.objects.get().voice_file_id
    numbers = tmp_path / "people.csv"
    numbers.write_text("name,phone\nAdi,081200000001\n")
    path = document(tmp_path, account=account.pk, voice_file=voice_file)
    run("create", path, "--numbers", numbers, "--text-columns", "1", "--by", make_user(is_superuser=True))

    assert Contact.objects.get().texts == ["Adi"]


def test_mistakes_are_told_at_their_fields(tmp_path: Path) -> None:
    person = make_user(is_superuser=True)
    with pytest.raises(CommandError, match="ring_seconds: "):
        run("create", document(tmp_path, ring_seconds=1), "--by", person)
    with pytest.raises(CommandError, match="colour: "):
        run("create", document(tmp_path, colour="red"), "--by", person)
    with pytest.raises(CommandError, match="can't be read"):
        run("create", tmp_path / "nowhere.json", "--by", person)
    assert not Campaign.objects.exists()


def test_a_launch_says_its_numbers_first_and_wants_a_yes() -> None:
    campaign = make_campaign()
    make_contacts(2, campaign=campaign)
    person = make_user("dialer.launch_campaign")
    with pytest.raises(CommandError, match="--yes"):
        run("launch", campaign.pk, "--by", person)
    assert Campaign.objects.get().state == Campaign.State.DRAFT

    assert "2 people are called" in run("launch", campaign.pk, "--by", person, "--yes")
    assert (Campaign.objects.get().state, Campaign.objects.get().launched_by) == (Campaign.State.RUNNING, person)
    with pytest.raises(CommandError, match="launched already"):
        run("launch", campaign.pk, "--by", person, "--yes")


@pytest.mark.parametrize("order", ["launch", "status", "export"])
def test_nothing_is_done_for_somebody_who_may_not(order: str) -> None:
    campaign = make_campaign()
    with pytest.raises(CommandError, match=r"lacks the permission|may not export"):
        run(order, campaign.pk, "--by", make_user())
    with pytest.raises(CommandError, match="no active user"):
        run(order, campaign.pk, "--by", "nobody")


def test_the_status_is_told_to_people_and_programs() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    batch = make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.ACCEPTED)
    settle(batch.attempts.all()[:1], Disposition.ANSWERED)
    person = make_user("dialer.view_campaign")

    assert "at the carrier: 1" in run("status", campaign.pk, "--by", person)
    seen = json.loads(run("status", campaign.pk, "--by", person, "--json"))
    assert (seen["settled"], seen["dispositions"]) == (1, {"answered": 1})


def test_results_are_written_into_a_file(tmp_path: Path) -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    people = make_contacts(3, campaign=campaign)
    make_contacts(1)
    target = tmp_path / "results.csv"
    person = make_user("dialer.export_contacts", "dialer.view_contact", "dialer.see_full_numbers")
    said = run("export", campaign.pk, "--by", person, "--to", target)

    rows = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines()))
    assert "3 rows" in said
    assert len(rows) == 4
    assert people[0].number.removeprefix("+62") in "".join(rows[1]).replace(" ", "").replace("-", "")


def test_a_column_that_is_none_is_told_before_a_draft_is_made(tmp_path: Path) -> None:
    person = make_user("dialer.add_campaign", "dialer.change_campaign")
    numbers = tmp_path / "people.csv"
    numbers.write_text("name,phone\nAdi,081200000001\n")

    with pytest.raises(CommandError, match="“0” is no column"):
        run("create", document(tmp_path), "--numbers", numbers, "--number-column", 0, "--by", person)
    with pytest.raises(CommandError, match="“x” is no column"):
        run("create", document(tmp_path), "--numbers", numbers, "--text-columns", "1,x", "--by", person)

    assert not Campaign.objects.exists()


def test_files_that_can_not_be_read_or_written_are_told_in_a_sentence(tmp_path: Path) -> None:
    person = make_user(is_superuser=True)
    no_text = tmp_path / "wishes.bin"
    no_text.write_bytes(b"\xff\xfe")

    with pytest.raises(CommandError, match="it is not in UTF-8"):
        run("create", no_text, "--by", person)
    with pytest.raises(CommandError, match="can't be written: No such file or directory"):
        run("export", make_campaign().pk, "--to", tmp_path / "nowhere" / "results.csv", "--by", person)
