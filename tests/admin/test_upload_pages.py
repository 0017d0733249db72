"""From a spreadsheet to contacts: upload, the first rows with verdicts, the choice of the column, what was found."""

import io
import zipfile
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dialer.flow import intake
from dialer.models import Bell, Campaign, Contact, ContactList
from dialer.terms import SkipReason
from tests.admin.visits import query_count, text, visitor
from tests.factories import make_campaign, make_contact, make_contact_list, make_skipped_contact

pytestmark = pytest.mark.django_db

LOOK = ("dialer.view_campaign", "dialer.view_contactlist", "dialer.view_contact")
WORK = (*LOOK, "dialer.change_campaign")
PEOPLE = b"Name;Phone;Office\nAdi;081200000001;0215550001\nBudi;12345;0215550002\nCitra;0812 0000 0001;0215550003\n"
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600


def numbers_page(campaign: Campaign) -> str:
    return reverse("admin:dialer_campaign_numbers", args=[campaign.pk])


def door(contact_list: ContactList, name: str) -> str:
    return reverse(f"admin:dialer_contactlist_{name}", args=[contact_list.pk])


def upload(
    campaign: Campaign, content: bytes, filename: str = "people.csv", client: Client | None = None
) -> HttpResponse:
    file = SimpleUploadedFile(filename, content)
    return (client or visitor(*WORK)).post(numbers_page(campaign), {"file": file}, follow=True)


def uploaded(content: bytes = PEOPLE, filename: str = "people.csv") -> ContactList:
    return intake.upload(make_campaign(), SimpleUploadedFile(filename, content))


def workbook(**sheets: list[list[object]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return content.getvalue()


def renamed_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return content.getvalue()


def as_confirmed(response: HttpResponse, **changes: Any) -> dict[str, Any]:
    """The form as the page would send it."""
    context = response.context
    column = context["column"]
    chosen = {} if column is None else {"number_column": column, "shown_column": column}
    return {**context["shown"], **chosen, **changes}


# --- Upload -------------------------------------------------------------------------------------------------------


def test_an_uploaded_list_leads_to_its_first_rows():
    campaign = make_campaign()

    response = upload(campaign, PEOPLE)

    contact_list = ContactList.objects.get()
    assert response.redirect_chain[-1][0] == door(contact_list, "columns")
    assert contact_list.number_column is None
    assert contact_list.uploaded_by is not None
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (b"", "empty.csv", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "photo.xlsx", "This file is a picture, not a list."),
        (renamed_zip(), "people.xlsx", "This file is a packed archive, not a list."),
        (b"name,city\nAdi,Jakarta\nBudi,Bandung\n", "names.csv", "No column of this list looks like phone numbers."),
        (workbook(People=[["Name", "City"], ["Adi", "Jakarta"]]), "names.xlsx", "looks like phone numbers."),
        (ENCRYPTED, "secret.xlsx", "protected by a password"),
        (b"%PDF-1.7 ...", "list.pdf", "This file is a PDF document"),
    ],
    ids=["empty", "picture", "zip", "no numbers", "no numbers in a sheet", "password", "pdf"],
)
def test_what_is_no_list_is_said_beside_the_file_and_nothing_is_kept(content: bytes, filename: str, sentence: str):
    response = upload(make_campaign(), content, filename)

    assert sentence in response.context["form"].errors["file"][0]
    assert not ContactList.objects.exists()


def test_without_a_file_the_page_asks_for_one():
    response = visitor(*WORK).post(numbers_page(make_campaign()), {})

    assert "Choose a file first." in response.content.decode()


def test_numbers_are_not_added_to_a_launched_campaign():
    campaign = make_campaign(state=Campaign.State.RUNNING)

    response = upload(campaign, PEOPLE)

    assert response.context["form"].errors["file"][0].startswith("Numbers can be added to drafts only.")
    assert not ContactList.objects.exists()


def test_who_may_only_look_uploads_nothing():
    campaign = make_campaign()
    client = visitor(*LOOK)

    assert 'type="file"' not in text(client, numbers_page(campaign))
    assert upload(campaign, PEOPLE, client=client).status_code == 403


# --- The first rows -----------------------------------------------------------------------------------------------


def test_the_first_rows_come_with_a_verdict_each_and_the_guessed_column_chosen():
    contact_list = uploaded()

    response = visitor(*WORK, "dialer.see_full_numbers").get(door(contact_list, "columns"))

    assert response.context["column"] == 1
    assert [(row.number, row.is_good) for row in response.context["rows"]] == [(2, True), (3, False), (4, True)]
    assert response.context["rows"][0].verdict == "+62 812-0000-0001"
    assert "too short" in response.context["rows"][1].verdict
    assert [name for _, name, _ in response.context["headings"]] == ["Name", "Phone", "Office"]


def test_a_list_of_one_row_is_spoken_of_as_one():
    page = text(visitor(*WORK), door(uploaded(b"phone\n081200000001\n", "one.csv"), "columns"))

    assert "1 of 1 row can be called." in page
    assert "About 1 row in all" in page


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("utf-8-sig", "Unicode (UTF-8)"), ("utf-16", "Unicode (UTF-16)"), ("utf-16-le", "Unicode (UTF-16)")],
)
def test_the_letters_of_a_file_are_named_in_words(encoding: str, words: str):
    contact_list = uploaded(PEOPLE.decode().encode(encoding), "people.csv")

    response = visitor(*WORK).get(door(contact_list, "columns"))

    choices = response.context["look"].fields["encoding"].choices
    assert dict(choices)[encoding] == words
    assert len({str(named) for _, named in choices}) == len(choices)


def test_another_column_is_looked_at_before_it_is_confirmed():
    contact_list = uploaded()
    client = visitor(*WORK)
    guessed = client.get(door(contact_list, "columns"))

    response = client.post(door(contact_list, "columns"), as_confirmed(guessed, number_column=2))

    assert "You chose another column." in response.content.decode()
    assert response.context["column"] == 2
    contact_list.refresh_from_db()
    assert contact_list.number_column is None


def test_what_is_confirmed_is_what_was_shown():
    contact_list = uploaded()
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"), {"column": 2, "header": "no"})

    response = client.post(door(contact_list, "columns"), as_confirmed(shown))

    assert response.url == numbers_page(contact_list.campaign)
    contact_list.refresh_from_db()
    assert (contact_list.number_column, contact_list.has_header) == (2, False)
    assert (contact_list.delimiter, contact_list.encoding) == (";", "utf-8")


def test_a_sheet_is_chosen_among_those_of_the_workbook():
    content = workbook(
        First=[["Phone"], ["081200000001"]], Second=[["Name", "Phone"], ["Adi", "081200000002"], ["B", "081200000003"]]
    )
    contact_list = uploaded(content, "people.xlsx")

    response = visitor(*WORK).get(door(contact_list, "columns"), {"sheet": "Second"})

    assert response.context["shown"]["sheet"] == "Second"
    assert len(response.context["rows"]) == 2
    assert response.context["column"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"sheet": "No such sheet"},
        {"encoding": "no-such-encoding"},
        {"column": "99999999999999999999"},
        {"column": "-1"},
        {"column": "x"},
        {"delimiter": "ab"},
        {"delimiter": "\n"},
        {"header": "perhaps"},
        {"encoding": "utf-16"},
        {"encoding": "hex"},
        {"encoding": "x\0y"},
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_nonsense_in_the_address_is_answered_with_the_rows_as_guessed(query: dict[str, str], kind: str):
    content = PEOPLE if kind == "csv" else workbook(People=[["Phone"], ["081200000001"]])
    contact_list = uploaded(content, f"people.{kind}")

    response = visitor(*WORK).get(door(contact_list, "columns"), query)

    assert response.status_code == 200
    assert response.context["rows"]


@pytest.mark.parametrize("change", [{"number_column": ""}, {"number_column": "x"}, {"header": ""}, {"delimiter": "ab"}])
def test_nonsense_in_the_form_confirms_nothing(change: dict[str, str]):
    contact_list = uploaded()
    client = visitor(*WORK)
    shown = client.get(door(contact_list, "columns"))

    response = client.post(door(contact_list, "columns"), as_confirmed(shown, **change))

    assert "errornote" in response.content.decode()
    contact_list.refresh_from_db()
    assert contact_list.number_column is None


def test_a_double_click_confirms_once():
    contact_list = uploaded()
    client = visitor(*WORK)
    form = as_confirmed(client.get(door(contact_list, "columns")))

    client.post(door(contact_list, "columns"), form)
    response = client.post(door(contact_list, "columns"), form, follow=True)

    assert response.status_code == 200
    assert len(response.context["messages"]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_confirmed_list_is_read_and_its_rows_are_counted_by_reason():
    contact_list = uploaded()
    client = visitor(*WORK)

    client.post(door(contact_list, "columns"), as_confirmed(client.get(door(contact_list, "columns"))))
    assert Bell.objects.get(kind="intake").is_ringing
    while intake.read_next():
        pass

    page = text(client, numbers_page(contact_list.campaign))
    assert "1 person to be called in all." in page
    assert "same number as an earlier row" in page
    assert "not a phone number" in page


def test_numbers_in_the_first_rows_are_masked_for_whoever_may_not_see_them():
    page = text(visitor(*WORK), door(uploaded(), "columns"))

    assert "081200000001" not in page
    assert "0215550001" not in page
    assert "•" in page


def test_who_may_only_look_confirms_and_removes_nothing():
    contact_list = uploaded()

    for name in ("columns", "remove"):
        assert visitor(*LOOK).get(door(contact_list, name)).status_code == 403
        assert visitor(*LOOK).post(door(contact_list, name)).status_code == 403


# --- The lists ----------------------------------------------------------------------------------------------------


def test_lists_that_are_being_read_are_refreshed_and_others_are_not():
    contact_list = make_contact_list(state=ContactList.State.READING, rows_read=400, row_count=1000)
    live = reverse("admin:dialer_campaign_numbers_live", args=[contact_list.campaign_id])
    client = visitor(*WORK)

    assert "40%" in text(client, live)
    assert "data-done" not in text(client, live)

    ContactList.objects.update(state=ContactList.State.READY)
    assert "data-done" in text(client, live)


def test_a_rejected_list_says_why():
    contact_list = make_contact_list(state=ContactList.State.REJECTED, complaint="Row 7 has a quotation mark.")

    assert "Row 7 has a quotation mark." in text(visitor(*LOOK), numbers_page(contact_list.campaign))


def test_a_list_is_removed_after_a_confirmation():
    contact_list = make_contact_list(rows_read=1)
    make_contact(contact_list=contact_list)
    client = visitor(*WORK)

    assert "its 1 row " in text(client, door(contact_list, "remove"))
    client.post(door(contact_list, "remove"))

    assert not ContactList.objects.exists()
    assert not Contact.objects.exists()


def test_a_list_that_is_being_read_is_stopped_and_removed():
    contact_list = make_contact_list(state=ContactList.State.READING, number_column=0, rows_read=1, claim_token="other")
    make_contact(contact_list=contact_list)
    client = visitor(*WORK)

    assert "Stop and remove…" in text(client, numbers_page(contact_list.campaign))
    assert "It is being read; that ends at once." in text(client, door(contact_list, "remove"))
    client.post(door(contact_list, "remove"))

    assert not ContactList.objects.exists()
    assert not Contact.objects.exists()


def test_a_list_of_a_launched_campaign_stays():
    contact_list = make_contact_list(campaign=make_campaign(state=Campaign.State.RUNNING))

    response = visitor(*WORK).post(door(contact_list, "remove"), follow=True)

    assert "kept as evidence" in response.content.decode()
    assert ContactList.objects.exists()


def test_the_list_of_lists_leads_to_the_next_step():
    waiting, done = uploaded(), make_contact_list()
    client = visitor(*WORK)

    assert done.original_name in text(client, "/dialer/contactlist/")
    pages = [reverse("admin:dialer_contactlist_change", args=[row.pk]) for row in (waiting, done)]
    assert client.get(pages[0]).url == door(waiting, "columns")
    assert client.get(pages[1]).url == numbers_page(done.campaign)


def test_a_list_whose_column_is_not_chosen_leads_who_may_only_look_to_the_others():
    contact_list = uploaded()

    response = visitor(*LOOK).get(reverse("admin:dialer_contactlist_change", args=[contact_list.pk]))

    assert response.url == numbers_page(contact_list.campaign)


def test_the_page_of_numbers_costs_the_same_for_few_and_for_many_lists():
    campaign = make_campaign()
    client = visitor(*WORK)
    make_contact(contact_list=make_contact_list(campaign=campaign))
    few = query_count(client, numbers_page(campaign))
    for _ in range(5):
        make_skipped_contact(SkipReason.BLANK, contact_list=make_contact_list(campaign=campaign))

    assert query_count(client, numbers_page(campaign)) == few
