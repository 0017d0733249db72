"""Do-not-call: any spelling in, E.164 on the list, every row of a file accounted for."""

import pytest

from dialer.flow import suppression
from dialer.flow.mistakes import DialerError
from dialer.models import DoNotCall
from tests import factories

pytestmark = pytest.mark.django_db


def listed() -> set[str]:
    return set(DoNotCall.objects.values_list("number", flat=True))


def write(folder, content: str, name: str = "wishes.csv"):
    path = folder / name
    path.write_text(content)
    return path


@pytest.mark.parametrize("typed", ["0812-3456-7890", "+62 812 3456 7890", "6281234567890"])
def test_a_number_is_stored_as_e164_whatever_its_spelling(typed):
    user = factories.make_user()
    row = suppression.add(typed, country="ID", reason="asked", source="telephone", by=user)

    assert (row.number, row.reason, row.source, row.added_by) == ("+6281234567890", "asked", "telephone", user)


def test_a_number_of_another_country_is_taken_if_it_says_so():
    suppression.add("+91 98765 43210", country="ID")
    assert listed() == {"+919876543210"}


def test_what_is_no_number_is_refused_with_a_sentence():
    with pytest.raises(DialerError, match="too short"):
        suppression.add("0812", country="ID")
    assert listed() == set()


def test_a_number_is_on_the_list_once():
    row = suppression.add("081234567890", country="ID", reason="first")
    with pytest.raises(DialerError, match=f"already, since {row.added_at:%Y-%m-%d}"):
        suppression.add("+6281234567890", country="ID", reason="second")
    assert DoNotCall.objects.get().reason == "first"


def test_every_row_of_a_file_is_accounted_for(tmp_path):
    suppression.add("081234567801", country="ID")
    path = write(
        tmp_path,
        "name,phone\n"
        "known,081234567801\n"
        "new,081234567802\n"
        "twice,+62 812 3456 7802\n"
        "nonsense,0812\n"
        "blank,\n"
        "abroad,+919876543210\n",
    )
    done = suppression.add_file(path, country="ID", reason="opted out", source="web")

    assert (done.column, done.added, done.already_there) == ("phone", 2, 2)
    assert [(row.row_number, row.cell) for row in done.unreadable] == [(5, "0812")]
    assert "too short" in done.unreadable[0].problem
    assert listed() == {"+6281234567801", "+6281234567802", "+919876543210"}
    assert DoNotCall.objects.get(number="+6281234567802").reason == "opted out"


def test_a_file_may_be_added_again(tmp_path):
    path = write(tmp_path, "phone\n" + "".join(f"08123456{row:04}\n" for row in range(1200)))
    assert suppression.add_file(path, country="ID").added == 1200
    again = suppression.add_file(path, country="ID")
    assert (again.added, again.already_there) == (0, 1200)


def test_a_file_that_can_not_be_read_to_its_end_changes_nothing(tmp_path):
    good = "".join(f"a,08123456{row:04}\n" for row in range(700))
    path = write(tmp_path, f'name,phone\n{good}"never closed,081234560001\nb,081234560002\nc,081234560003\n')
    with pytest.raises(DialerError, match="quotation mark"):
        suppression.add_file(path, country="ID")
    assert listed() == set()


def test_a_file_without_a_column_of_numbers_is_refused(tmp_path):
    path = write(tmp_path, "name,town\nAdi,Bandung\nBudi,Medan\n")
    with pytest.raises(DialerError):
        suppression.add_file(path, country="ID")


def test_a_file_with_too_many_rows_is_refused_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(suppression, "MOST_ROWS", 3)
    path = write(tmp_path, "phone\n" + "".join(f"0812345678{row:02}\n" for row in range(4)))
    with pytest.raises(DialerError, match="more than 3 rows"):
        suppression.add_file(path, country="ID")
    assert listed() == set()
