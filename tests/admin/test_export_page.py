"""Exports are ordered from the lists, seen by their owner alone, and fetched by whoever may have what is in them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from dialer.admin import contact_filters, export_rows, lists, phone_numbers
from dialer.flow import exports
from dialer.models import CallRecord, Campaign, Export
from dialer.terms import Disposition, SkipReason
from tests.admin.visits import list_of, page_of, query_count, text, visitor
from tests.factories import (
    make_call_record,
    make_campaign,
    make_contact,
    make_contacts,
    make_skipped_contact,
    make_user,
)

pytestmark = pytest.mark.django_db

DOWNLOADS = "/dialer/export/"
ALL = ("dialer.export_contacts", "dialer.view_contact", "dialer.view_callrecord", "dialer.view_campaign")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def door(kind: str, query: str = "") -> str:
    return reverse("admin:dialer_export_order", args=[kind]) + (f"?{query}" if query else "")


def order(client: Client, kind: str, query: str = "", *, form: str = "csv") -> Export:
    answer = client.post(door(kind, query), {"kind": kind, "form": form})
    assert answer.status_code == 302, answer.content.decode()
    return Export.objects.latest("pk")


def fetched(client: Client, export: Export) -> list[list[str]]:
    while export_rows.write_next():
        pass
    answer = client.get(reverse("admin:dialer_export_file", args=[export.key]))
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_what_a_list_filters_is_what_is_exported() -> None:
    client = visitor(*ALL, "dialer.see_full_numbers")
    campaign = make_campaign(name="Spring")
    wanted = make_call_record(campaign=campaign, disposition=Disposition.BUSY)
    make_call_record(campaign=campaign)
    make_call_record(disposition=Disposition.BUSY)
    query = f"campaign__id__exact={campaign.pk}&disposition__exact=busy"
    button = f'href="{door("calls")}?{query.replace("&", "&amp;")}"'
    assert button in text(
        client, list_of("dialer.callrecord"), campaign__id__exact=campaign.pk, disposition__exact="busy"
    )

    page = client.get(door("calls", query)).content.decode()
    heading, *rows = fetched(client, order(client, "calls", query))

    assert "Call records: 1" in page
    assert "Spring" in page
    assert [row[heading.index("Number")] for row in rows] == [wanted.number]


def test_a_search_is_exported_and_its_number_stands_nowhere_in_words() -> None:
    client = visitor(*ALL, "dialer.see_full_numbers")
    wanted = make_contact()
    make_contact()

    export = order(client, "contacts", f"q=%2B{wanted.number[1:]}")

    heading, *rows = fetched(client, export)
    assert [row[heading.index("Number")] for row in rows] == [wanted.number]
    assert export.about == "search"
    assert wanted.number not in text(client, DOWNLOADS)


def test_an_export_says_the_whole_name_of_its_campaign_whatever_is_in_it() -> None:
    client, campaign = visitor(*ALL, "dialer.see_full_numbers"), make_campaign(name="Due <b>today</b> & <VIP>")

    export = order(client, "contacts", f"campaign__id__exact={campaign.pk}")

    assert export.about == "Campaign: Due <b>today</b> & <VIP>"
    assert "Due &lt;b&gt;today&lt;/b&gt; &amp; &lt;VIP&gt;" in text(client, DOWNLOADS)


@pytest.mark.parametrize("query", ["call=open", "call=waiting", "q=%2B62812", "skip_reason__exact=", ""])
def test_an_export_does_not_end_where_a_list_does(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (contact_filters, lists, phone_numbers):
        monkeypatch.setattr(module, "COUNT_CAP", 1)
    client = visitor(*ALL, "dialer.see_full_numbers")
    people = make_contacts(4)

    _heading, *rows = fetched(client, order(client, "contacts", query))

    assert len(rows) == len(people)


def test_rejected_rows_of_a_campaign() -> None:
    client = visitor(*ALL)
    contact = make_contact()
    skipped = make_skipped_contact(SkipReason.INVALID_NUMBER, contact_list=contact.contact_list)
    make_skipped_contact(SkipReason.BLANK)

    export = order(client, "rejected", f"campaign__id__exact={contact.campaign_id}")

    heading, *rows = fetched(client, export)
    assert [row[heading.index("Row")] for row in rows] == [str(skipped.row_number)]


def test_a_campaigns_page_leads_to_its_exports_for_whoever_may() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    address = page_of(campaign)

    page = text(visitor(*ALL), address)
    order_page = text(visitor(*ALL), door("contacts"), campaign__id__exact=campaign.pk)

    assert f"{door('contacts')}?campaign__id__exact={campaign.pk}" in page
    assert all(f'value="{kind}"' in order_page for kind in ("contacts", "rejected", "calls"))
    assert door("contacts") not in text(visitor("dialer.view_campaign", "dialer.view_contact"), address)


def test_a_drafts_lists_lead_to_the_rows_that_are_not_called() -> None:
    contact = make_contact()
    numbers = reverse("admin:dialer_campaign_numbers", args=[contact.campaign_id])

    assert f"{door('rejected')}?campaign__id__exact={contact.campaign_id}" in text(visitor(*ALL), numbers)


@pytest.mark.parametrize(
    ("permissions", "kind"),
    [(("dialer.view_contact",), "contacts"), (("dialer.export_contacts",), "contacts"), ((), "calls")],
    ids=["may not export", "may not see the list", "may do nothing"],
)
def test_nobody_exports_what_they_may_not_see(permissions: tuple[str, ...], kind: str) -> None:
    client = visitor(*permissions)
    make_contact()
    make_call_record()

    answer = client.post(door(kind), {"kind": kind, "form": "csv"})

    assert answer.status_code in (302, 403)
    assert not Export.objects.exists()


def test_a_permission_that_was_taken_away_meanwhile_counts() -> None:
    client = visitor(*ALL)
    make_contact()
    export = order(client, "contacts")
    export.owner.user_permissions.all().delete()

    export_rows.write_next()

    export.refresh_from_db()
    assert export.state == Export.State.FAILED
    assert "may not export" in export.remark


def test_full_numbers_are_not_fetched_once_they_may_not_be_seen() -> None:
    client = visitor(*ALL, "dialer.see_full_numbers")
    make_contact()
    export = order(client, "contacts")
    fetched(client, export)
    export.owner.user_permissions.filter(codename="see_full_numbers").delete()

    assert client.get(reverse("admin:dialer_export_file", args=[export.key])).status_code == 403


def test_a_search_that_no_list_takes_is_not_exported() -> None:
    client = visitor(*ALL)
    make_contact()

    page = client.post(door("contacts", "q=%00"), {"kind": "contacts", "form": "csv"}, follow=True)

    assert "This list can’t be filtered so" in page.content.decode().replace("&#x27;", "’").replace("'", "’")
    assert not Export.objects.exists()


@pytest.mark.parametrize(("kind", "codename"), [("contacts", "view_contact"), ("calls", "view_callrecord")])
def test_a_file_is_not_fetched_once_its_list_may_not_be_seen(kind: str, codename: str) -> None:
    client = visitor(*ALL)
    make_contact()
    export = order(client, kind)
    fetched(client, export)
    export.owner.user_permissions.filter(codename=codename).delete()

    assert client.get(reverse("admin:dialer_export_file", args=[export.key])).status_code == 403


def test_a_download_is_its_owners_alone() -> None:
    make_contact()
    export = order(visitor(*ALL), "contacts")
    export_rows.write_next()
    other = visitor(is_superuser=True)
    address = reverse("admin:dialer_export_file", args=[export.key])

    assert other.get(address).status_code == 404
    assert "Contacts with results" not in text(other, DOWNLOADS)
    assert other.post(reverse("admin:dialer_export_remove", args=[export.pk])).status_code == 404
    assert Client().get(address).status_code == 302


def test_a_key_that_is_none_is_not_found() -> None:
    make_contact()
    client = visitor(*ALL)
    export = order(client, "contacts")
    export_rows.write_next()

    for key in (str(export.pk), export.key[:-1], "x"):
        assert client.get(f"/dialer/export/file/{key}/").status_code == 404


def test_a_fetched_file_is_an_attachment_that_nobody_keeps_and_leaves_a_trace() -> None:
    make_contact()
    client = visitor(*ALL)
    export = order(client, "contacts", form="xlsx")
    export_rows.write_next()

    answer = client.get(reverse("admin:dialer_export_file", args=[export.key]))

    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Disposition"].rstrip('"').endswith(".xlsx")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content).startswith(b"PK")
    said = LogEntry.objects.filter(content_type__model="loggedexport", object_id=str(export.pk))
    assert [entry.change_message for entry in said.order_by("pk")] == ["Ordered it.", "Fetched it."]


def test_an_expired_file_is_not_found_and_its_row_says_so() -> None:
    make_contact()
    client = visitor(*ALL)
    export = order(client, "contacts")
    export_rows.write_next()

    client.post(reverse("admin:dialer_export_remove", args=[export.pk]))

    assert client.get(reverse("admin:dialer_export_file", args=[export.key])).status_code == 404
    assert "Expired" in text(client, DOWNLOADS)


def test_a_waiting_export_is_stopped() -> None:
    make_contact()
    client = visitor(*ALL)
    export = order(client, "contacts")

    client.post(reverse("admin:dialer_export_stop", args=[export.pk]))

    assert not export_rows.write_next()
    assert "Stopped" in text(client, DOWNLOADS)


def test_a_filter_that_is_none_is_told_in_a_sentence() -> None:
    client = visitor(*ALL)
    make_contact()

    answer = client.get(door("contacts", "nothing__exact=5"), follow=True)

    assert "be filtered so" in answer.content.decode()


def test_what_is_unknown_is_not_found_and_a_wrong_form_is_no_order() -> None:
    client = visitor(*ALL)
    make_contact()

    assert client.get(door("contacts").replace("contacts", "everything")).status_code == 404
    assert client.post(door("contacts"), {"kind": "calls", "form": "pdf"}).status_code == 200
    assert not Export.objects.exists()


def test_too_many_at_a_time_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_OPEN", 1)
    client = visitor(*ALL)
    make_contact()
    order(client, "contacts")

    answer = client.post(door("contacts"), {"kind": "contacts", "form": "csv"}, follow=True)

    assert "not done yet" in answer.content.decode()
    assert Export.objects.count() == 1


def test_the_page_costs_the_same_however_many_there_are() -> None:
    client = visitor(*ALL)
    make_contact()
    order(client, "contacts")
    one = query_count(client, DOWNLOADS)
    order(client, "contacts")

    assert query_count(client, DOWNLOADS) == one


def test_without_the_permission_there_are_no_downloads() -> None:
    client = visitor("dialer.view_campaign")

    assert client.get(DOWNLOADS).status_code == 403
    assert DOWNLOADS not in text(client, "/")
    assert client.get(reverse("admin:dialer_export_live")).status_code == 403


def test_the_list_behind_an_export_is_the_one_that_is_shown() -> None:
    user = make_user(*ALL)
    make_call_record(disposition=Disposition.BUSY)
    make_call_record()

    found = export_rows.list_for(user, "calls", "disposition__exact=busy&p=3")

    assert [row.disposition for row in found.queryset] == [Disposition.BUSY]
    assert CallRecord.objects.count() == 2
