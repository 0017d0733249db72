"""Do-not-call numbers: added in any spelling, uploaded with every row accounted for, asked for, and hidden."""

from io import BytesIO

import pytest
from django.urls import reverse

from dialer.models import DoNotCall
from dialer.models.do_not_call import house_list
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.donotcall")
ADD = reverse("admin:dialer_donotcall_add")
UPLOAD = reverse("admin:dialer_donotcall_upload")
LOOK = "dialer.view_donotcall"
MAY_ADD = "dialer.add_donotcall"
FULL = "dialer.see_full_numbers"
NUMBER = "+6281234567890"


def listed() -> set[str]:
    return set(DoNotCall.objects.values_list("number", flat=True))


def upload(client, content: bytes, name: str = "wishes.csv", **fields):
    file = BytesIO(content)
    file.name = name
    return client.post(
        UPLOAD, {"file": file, "country": "ID", "list": house_list(), "reason": "", "source": "", **fields}
    )


def test_an_empty_list_says_what_it_is_for():
    assert "never called" in text(visitor(LOOK), LIST)


def test_a_number_typed_in_any_spelling_is_stored_as_e164():
    client = visitor(LOOK, MAY_ADD, username="ana")
    answer = client.post(
        ADD,
        {"number": "0812-3456-7890", "country": "ID", "list": house_list(), "reason": "asked", "source": "telephone"},
    )

    assert answer.status_code == 302
    row = DoNotCall.objects.get()
    assert (row.number, row.reason, row.source, row.added_by.username) == (NUMBER, "asked", "telephone", "ana")


def test_the_country_of_the_accounts_is_proposed():
    factories.make_account(country="PH")
    assert '<option value="PH" selected>' in text(visitor(LOOK, MAY_ADD), ADD)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("0812", "too short"), ("081234567890 / 081234567891", "more than one number"), ("call me", "letters or signs")],
)
def test_what_is_no_number_is_refused_with_a_sentence(typed, sentence):
    answer = visitor(LOOK, MAY_ADD).post(ADD, {"number": typed, "country": "ID", "list": house_list()})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert listed() == set()


def test_a_number_that_is_on_the_list_already_is_not_added_twice():
    factories.make_do_not_call(number=NUMBER)
    answer = visitor(LOOK, MAY_ADD).post(ADD, {"number": "081234567890", "country": "ID", "list": house_list()})
    assert "on the list already" in answer.content.decode()
    assert DoNotCall.objects.count() == 1


@pytest.mark.parametrize("typed", ["081234567890", "+62 812 3456 7890", "6281234567890"])
def test_whether_a_number_is_on_it_is_asked_in_any_spelling(typed):
    row = factories.make_do_not_call(number=NUMBER)
    factories.make_do_not_call()
    factories.make_account(country="ID")
    assert found(visitor(LOOK), LIST, q=typed) == [row.pk]
    assert found(visitor(LOOK), LIST, q="nobody") == []


def test_reason_and_source_can_be_changed_and_the_number_can_not():
    row = factories.make_do_not_call(number=NUMBER)
    client = visitor(LOOK, "dialer.change_donotcall", FULL)
    assert 'name="number"' not in text(client, page_of(row))

    client.post(page_of(row), {"number": "+6281234567899", "reason": "complaint", "source": "mail"})

    row.refresh_from_db()
    assert (row.number, row.reason, row.source) == (NUMBER, "complaint", "mail")


def test_whoever_may_not_see_numbers_neither_opens_nor_removes_one():
    row = factories.make_do_not_call(number=NUMBER)
    client = visitor(LOOK, MAY_ADD, "dialer.change_donotcall", "dialer.delete_donotcall")

    page = text(client, LIST)
    assert "+62 812•••••890" in page
    assert NUMBER not in page
    for address in (page_of(row), reverse("admin:dialer_donotcall_history", args=[row.pk])):
        answer = client.get(address, follow=True)
        assert answer.status_code == 403 or NUMBER not in answer.content.decode()
    assert client.post(reverse("admin:dialer_donotcall_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert listed() == {NUMBER}


def test_removing_takes_the_permission():
    row = factories.make_do_not_call(number=NUMBER)
    address = reverse("admin:dialer_donotcall_delete", args=[row.pk])
    assert visitor(LOOK, FULL).post(address, {"post": "yes"}).status_code == 403
    assert visitor(LOOK, FULL, "dialer.delete_donotcall").post(address, {"post": "yes"}).status_code == 302
    assert listed() == set()


def test_a_file_is_added_and_every_row_is_accounted_for():
    factories.make_do_not_call(number="+6281234567801")
    content = b"name,phone\na,081234567801\nb,081234567802\nc,0812\n"

    answer = upload(visitor(LOOK, MAY_ADD), content, reason="opted out", source="web")

    result = answer.context["result"]
    assert (result.added, result.already_there, len(result.unreadable)) == (1, 1, 1)
    page = answer.content.decode()
    assert "from “phone”" in page
    assert "too short" in page
    assert '<th scope="row">4</th>' in page
    assert DoNotCall.objects.get(number="+6281234567802").reason == "opted out"


def test_of_very_many_unreadable_rows_the_first_are_shown():
    content = b"phone\n081234567801\n081234567802\n" + b"0812345\n" * 250
    page = upload(visitor(LOOK, MAY_ADD), content).content.decode()
    assert page.count('<th scope="row">') == 200
    assert "The first 200 of 250 rows." in page


def test_a_cell_can_not_act_on_the_page():
    content = b"phone\n081234567801\n<script>alert(1)</script>\n"
    page = upload(visitor(LOOK, MAY_ADD), content).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(("content", "name"), [(b"%PDF-1.7", "list.pdf"), (b"", "empty.csv"), (b"a,b\nx,y\n", "w.csv")])
def test_a_file_that_is_no_list_of_numbers_is_refused_with_a_sentence(content, name):
    answer = upload(visitor(LOOK, MAY_ADD), content, name)
    assert answer.status_code == 200
    assert answer.context["result"] is None
    assert answer.context["form"].errors["file"]
    assert listed() == set()


def test_a_file_too_large_is_not_even_read(settings):
    settings.UPLOAD_MAX_BYTES = 10
    answer = upload(visitor(LOOK, MAY_ADD), b"phone\n081234567801\n")
    assert "is larger than" in answer.content.decode()


def test_uploading_takes_the_right_to_add():
    client = visitor(LOOK)
    assert UPLOAD not in text(client, LIST)
    assert client.get(UPLOAD).status_code == 403
    assert upload(client, b"phone\n081234567801\n").status_code == 403
    assert UPLOAD in text(visitor(LOOK, MAY_ADD), LIST)


def test_the_list_costs_the_same_for_one_number_and_for_many():
    somebody = visitor(is_superuser=True)
    factories.make_do_not_call(added_by=factories.make_user())
    one = query_count(somebody, LIST)
    for _ in range(10):
        factories.make_do_not_call(added_by=factories.make_user())
    assert query_count(somebody, LIST) == one
