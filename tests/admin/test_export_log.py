"""The log of exports tells an auditor who exported what and when, and gives no file to anybody."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from dialer.admin import export_rows
from dialer.models import Export, LoggedExport
from dialer.terms import ExportForm, ExportKind
from tests.admin.visits import client_of, found, list_of, page_of, text, visitor
from tests.factories import make_account, make_call_record, make_team, make_user

pytestmark = pytest.mark.django_db

LOG = list_of("dialer.loggedexport")
MAY_EXPORT = ("dialer.export_contacts", "dialer.view_callrecord")


def auditor(*teams: object) -> Client:
    user = make_user()
    user.groups.add(Group.objects.get(name="Auditor"))
    for team in teams:
        team.members.add(user)
    return client_of(user)


def exported(owner: User, **fields: object) -> LoggedExport:
    return LoggedExport.objects.create(owner=owner, kind=ExportKind.CALLS, form=ExportForm.CSV, **fields)


def test_the_log_says_who_exported_what_with_which_numbers_and_how_often_it_was_fetched() -> None:
    make_call_record(disposition="busy")
    client = visitor(*MAY_EXPORT, "dialer.see_full_numbers", username="ana")
    client.post("/dialer/export/order/calls/?disposition__exact=busy", {"kind": "calls", "form": "csv"})
    export_rows.write_next()
    file = reverse("admin:dialer_export_file", args=[Export.objects.get().key])
    for _ in range(2):
        assert b"".join(client.get(file).streaming_content)

    page = text(auditor(), LOG)
    row = LoggedExport.objects.get()

    for words in ("ana", "Call records", "Disposition: busy", "In full", "Ready"):
        assert words in page
    assert (row.rows_written, row.fetch_count) == (1, 2)
    assert row.fetched_at is not None


def test_the_history_keeps_each_order_and_each_fetch() -> None:
    make_call_record()
    client = visitor(*MAY_EXPORT, username="ana")
    client.post("/dialer/export/order/calls/", {"kind": "calls", "form": "csv"})
    export_rows.write_next()
    file = client.get(reverse("admin:dialer_export_file", args=[Export.objects.get().key]))
    assert b"".join(file.streaming_content)

    history = text(auditor(), reverse("admin:dialer_loggedexport_history", args=[Export.objects.get().pk]))

    assert history.index("Ordered it.") < history.index("Fetched it.")


def test_an_auditor_gets_no_file_and_changes_nothing() -> None:
    row = exported(make_user(), state=Export.State.READY)
    client = auditor()

    page = text(client, page_of(row))

    assert row.key not in page
    assert client.get(reverse("admin:dialer_export_file", args=[row.key])).status_code == 403
    assert client.post(page_of(row), {"about": "nothing"}).status_code == 403
    assert client.post(reverse("admin:dialer_loggedexport_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_who_may_export_does_not_see_by_that_what_others_exported() -> None:
    exported(make_user())

    assert visitor(*MAY_EXPORT).get(LOG).status_code == 403


def test_an_auditor_of_a_team_sees_the_exports_of_those_who_see_no_more() -> None:
    ours, theirs = make_account(), make_account()
    our_team, their_team = make_team(accounts=[ours]), make_team(accounts=[theirs])
    mine, other, of_both, of_none = (make_user() for _ in range(4))
    our_team.members.add(mine, of_both)
    their_team.members.add(other, of_both)
    rows = {person: exported(person).pk for person in (mine, other, of_both, of_none)}

    assert found(auditor(our_team), LOG) == [rows[mine]]
    assert set(found(auditor(our_team, their_team), LOG)) == {rows[mine], rows[other], rows[of_both]}
    assert set(found(auditor(), LOG)) == set(rows.values())
    assert found(auditor(make_team()), LOG) == []
