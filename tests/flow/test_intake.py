"""Every row of a spreadsheet gets a fate, and reading may stop and go on at any row."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dialer.flow import intake
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, Contact, ContactList
from dialer.terms import SkipReason
from tests.factories import make_campaign, make_do_not_call

pytestmark = pytest.mark.django_db

State = ContactList.State
HEADER = "name,phone\n"


def upload(text: str, *, campaign: Campaign | None = None, name: str = "people.csv") -> ContactList:
    return intake.upload(campaign or make_campaign(), SimpleUploadedFile(name, text.encode()))


def confirm(contact_list: ContactList, *, column: int = 1) -> ContactList:
    intake.confirm(
        contact_list,
        number_column=column,
        sheet=contact_list.sheet,
        encoding=contact_list.encoding,
        delimiter=contact_list.delimiter,
        has_header=contact_list.has_header,
    )
    return contact_list


def read(text: str, *, campaign: Campaign | None = None) -> ContactList:
    contact_list = confirm(upload(text, campaign=campaign))
    assert intake.read_next()
    contact_list.refresh_from_db()
    return contact_list


def fates(contact_list: ContactList) -> dict[int, str]:
    return {contact.row_number: contact.skip_reason for contact in contact_list.contacts.all()}


def test_each_row_becomes_a_contact_with_its_fate() -> None:
    make_do_not_call(number="+6281200000099")

    contact_list = read(
        HEADER
        + "Adi,0812 0000 0001\n"
        + "Budi,+62 812-0000-0001\n"
        + "Citra,\n"
        + "Dewi,not a number\n"
        + "Eko,8.12E+10\n"
        + "Fitri,+6591234567\n"
        + "Gita,81200000099\n"
        + "Hadi,62812 0000 0002\n"
    )

    assert contact_list.state == State.READY
    assert fates(contact_list) == {
        2: "",
        3: SkipReason.DUPLICATE,
        4: SkipReason.BLANK,
        5: SkipReason.INVALID_NUMBER,
        6: SkipReason.SHORTENED_BY_EXCEL,
        7: SkipReason.WRONG_COUNTRY,
        8: SkipReason.DO_NOT_CALL,
        9: "",
    }
    assert Contact.objects.get(row_number=3).duplicate_of_row == 2
    assert list(contact_list.contacts.filter(skip_reason="").values_list("number", flat=True)) == [
        "+6281200000001",
        "+6281200000002",
    ]


def test_nothing_is_read_before_the_column_is_confirmed() -> None:
    contact_list = upload(HEADER + "Adi,081200000001\n")

    assert not intake.read_next()

    contact_list.refresh_from_db()
    assert contact_list.state == State.UPLOADED
    assert not contact_list.contacts.exists()


def test_a_number_of_an_earlier_list_is_a_duplicate_in_a_later_one() -> None:
    campaign = make_campaign()
    read(HEADER + "Adi,081200000001\n", campaign=campaign)

    second = read(HEADER + "Adi again,+6281200000001\n", campaign=campaign)

    assert fates(second) == {2: SkipReason.DUPLICATE}


def test_reading_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ROWS_AT_A_TIME", 2)
    monkeypatch.setattr(intake, "READING_SECONDS", 0)
    people = "".join(f"Person,08120000{row:04}\n" for row in range(5))
    contact_list = confirm(upload(HEADER + people))

    assert intake.read_next()
    contact_list.refresh_from_db()
    assert (contact_list.state, contact_list.rows_read) == (State.UPLOADED, 2)

    turns = 1
    while intake.read_next():
        turns += 1
    contact_list.refresh_from_db()
    assert contact_list.state == State.READY
    assert contact_list.row_count == contact_list.contacts.filter(skip_reason="").count() == 5
    assert turns >= 3


def test_a_reader_that_died_is_followed_by_another_that_repeats_no_row() -> None:
    contact_list = confirm(upload(HEADER + "Adi,081200000001\nBudi,081200000002\n"))
    Contact.objects.create(
        campaign=contact_list.campaign, contact_list=contact_list, row_number=2, raw="x", number="+6281200000001"
    )
    ContactList.objects.filter(pk=contact_list.pk).update(
        state=State.READING, claim_token="of the dead", lease_until=timezone.now() - timedelta(seconds=1)
    )

    assert intake.read_next()

    contact_list.refresh_from_db()
    assert contact_list.state == State.READY
    assert fates(contact_list) == {2: "", 3: ""}


def test_a_reader_whose_claim_ended_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    contact_list = confirm(upload(HEADER + "Adi,081200000001\n"))
    contact_list.state, contact_list.claim_token = State.READING, "mine, once"

    with pytest.raises(intake.ClaimLost):
        intake._read(contact_list)

    assert not contact_list.contacts.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 100),
        ("words.csv", b"name,town\nAdi,Jakarta\nBudi,Medan\n"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence_and_not_kept(name: str, content: bytes) -> None:
    campaign = make_campaign()

    with pytest.raises(DialerError) as caught:
        intake.upload(campaign, SimpleUploadedFile(name, content))

    assert len(str(caught.value)) > 20
    assert not campaign.contact_lists.exists()


def test_a_list_that_turns_out_broken_is_rejected_with_the_reason_and_leaves_no_half() -> None:
    contact_list = confirm(upload(HEADER + "Adi,081200000001\n"))
    with open(contact_list.file.path, "wb") as file:
        file.write(b"PK\x03\x04 not a workbook any more")

    intake.read_next()

    contact_list.refresh_from_db()
    assert contact_list.state == State.REJECTED
    assert contact_list.complaint
    assert not contact_list.contacts.exists()


def test_numbers_are_added_to_drafts_only() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)

    with pytest.raises(DialerError, match="drafts"):
        upload(HEADER + "Adi,081200000001\n", campaign=campaign)


def test_a_confirmed_list_that_is_read_is_not_confirmed_again() -> None:
    contact_list = read(HEADER + "Adi,081200000001\n")

    with pytest.raises(DialerError, match="already"):
        confirm(contact_list, column=0)


def test_a_list_can_be_removed_while_the_campaign_is_a_draft_and_not_later() -> None:
    campaign = make_campaign()
    contact_list = read(HEADER + "Adi,081200000001\n", campaign=campaign)
    kept = read(HEADER + "Budi,081200000002\n", campaign=campaign)

    intake.remove(contact_list)
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.RUNNING)
    with pytest.raises(DialerError, match="evidence"):
        intake.remove(kept)

    assert list(campaign.contact_lists.all()) == [kept]


def test_who_stood_in_a_removed_list_too_is_called_by_the_next_one_and_once() -> None:
    campaign = make_campaign()
    removed = read(HEADER + "Adi,081200000001\nBudi,081200000002\n", campaign=campaign)
    heir = read(HEADER + "Citra,081200000003\nAdi,081200000001\n", campaign=campaign)
    third = read(HEADER + "Adi,081200000001\n", campaign=campaign)
    assert fates(heir) == {2: "", 3: SkipReason.DUPLICATE}

    intake.remove(removed)

    assert fates(heir) == {2: "", 3: ""}
    assert fates(third) == {2: SkipReason.DUPLICATE}
    assert third.contacts.get().duplicate_of_row == 3


def test_a_list_is_stopped_and_removed_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ROWS_AT_A_TIME", 2)
    campaign = make_campaign()
    other = read(HEADER + "Citra,081200000003\n", campaign=campaign)
    rows = "".join(f"Person {i},0812{i:08}\n" for i in range(1, 8))
    contact_list = confirm(upload(HEADER + rows, campaign=campaign))
    at_the_first_pause = iter([True])

    def somebody_removes_it(_seconds: float) -> None:
        if next(at_the_first_pause, False):
            now = ContactList.objects.get(pk=contact_list.pk)
            assert (now.state, now.rows_read) == (State.READING, 2)
            intake.remove(now)

    monkeypatch.setattr(intake.time, "sleep", somebody_removes_it)

    assert intake.read_next()
    assert not intake.read_next()

    assert list(campaign.contact_lists.all()) == [other]
    assert list(Contact.objects.all()) == [other.contacts.get()]
    assert not Path(contact_list.file.path).exists()


def test_whom_a_stopped_list_brought_is_called_by_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ROWS_AT_A_TIME", 1)
    monkeypatch.setattr(intake, "READING_SECONDS", 0)
    campaign = make_campaign()
    stopped = confirm(upload(HEADER + "Adi,081200000001\nBudi,081200000002\n", campaign=campaign))
    intake.read_next()
    ContactList.objects.filter(pk=stopped.pk).update(claim_token="", number_column=None)  # waits for its turn
    heir = read(HEADER + "Adi,081200000001\n", campaign=campaign)
    while intake.read_next():
        pass
    ContactList.objects.filter(pk=stopped.pk).update(number_column=1)
    assert fates(heir) == {2: SkipReason.DUPLICATE}

    intake.remove(stopped)

    assert fates(heir) == {2: ""}


def test_a_list_that_is_removed_twice_is_gone() -> None:
    contact_list = upload(HEADER + "Adi,081200000001\n")
    in_another_tab = ContactList.objects.get()

    intake.remove(contact_list)
    intake.remove(in_another_tab)

    assert not ContactList.objects.exists()


# --- Texts of rows ------------------------------------------------------------------------------------------------

WITH_TEXTS = "name,phone,debt\n" + "".join(f" Person {i} ,0812{i:08},${i}\n" for i in range(1, 8))


def confirm_texts(contact_list: ContactList, columns: list[int | None]) -> ContactList:
    how = {name: getattr(contact_list, name) for name in ("sheet", "encoding", "delimiter", "has_header")}
    intake.confirm(contact_list, number_column=1, text_columns=columns, **how)
    return contact_list


def stored_texts(contact_list: ContactList) -> list[list[str] | None]:
    return list(contact_list.contacts.order_by("row_number").values_list("texts", flat=True))


def test_the_chosen_columns_bring_the_texts_of_each_row() -> None:
    contact_list = confirm_texts(upload(WITH_TEXTS), [0, None, 2, None])
    assert intake.read_next()

    contact_list.refresh_from_db()
    assert contact_list.text_columns == [0, None, 2]
    assert contact_list.text_headings == ["name", None, "debt"]
    assert stored_texts(contact_list)[0] == ["Person 1", "", "$1"]


def test_without_such_columns_no_row_has_texts() -> None:
    contact_list = read(WITH_TEXTS)

    assert contact_list.text_columns == []
    assert set(map(str, stored_texts(contact_list))) == {"None"}


def test_a_short_row_and_a_long_cell_have_their_texts_all_the_same() -> None:
    contact_list = confirm_texts(upload(f"phone,note,debt\n081200000001\n081200000002,{'x' * 300},1\n"), [1, 2])
    ContactList.objects.update(number_column=0)
    assert intake.read_next()

    assert stored_texts(contact_list) == [["", ""], ["x" * 200, "1"]]


def test_texts_stay_with_their_rows_when_reading_stops_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ROWS_AT_A_TIME", 2)
    monkeypatch.setattr(intake, "READING_SECONDS", 0)
    contact_list = confirm_texts(upload(WITH_TEXTS), [2])
    while intake.read_next():
        pass

    contact_list.refresh_from_db()
    assert contact_list.state == State.READY
    assert stored_texts(contact_list) == [[f"${i}"] for i in range(1, 8)]


@pytest.mark.parametrize("columns", [[3], [-1], list(range(11))])
def test_columns_that_can_not_bring_a_text_are_refused(columns: list[int | None]) -> None:
    contact_list = upload(WITH_TEXTS)

    with pytest.raises(DialerError):
        confirm_texts(contact_list, columns)

    contact_list.refresh_from_db()
    assert contact_list.number_column is None
