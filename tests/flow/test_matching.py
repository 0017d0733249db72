"""Whose call it is: by reference, then by number in whatever form it came back; a guess between two is none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialer.flow.matching import Matcher, Member
from dialer.models import Batch
from tests.factories import make_account, make_batch, make_campaign, make_contact, make_contact_list

pytestmark = pytest.mark.django_db

NUMBER = "+6281234567890"


def batch_of(*numbers: str, **account: str) -> Batch:
    contact_list = make_contact_list(campaign=make_campaign(account=make_account(**account)))
    return make_batch(contacts=[make_contact(contact_list=contact_list, number=number) for number in numbers])


def found(batch: Batch, wire: str) -> Member | None:
    return Matcher(batch.account, references=[batch.reference], numbers=[wire]).member_of(batch, wire)


@pytest.mark.parametrize(
    "wire",
    [
        "81234567890",
        "081234567890",
        "6281234567890",
        "+6281234567890",
        "006281234567890",
        "62081234567890",
        "812*****890",
        "0812*****890",
        "62812*****890",
        "+62 812-3456-7890",
        "８１２３４５６７８９０",
        "812****7890",
    ],
)
def test_a_number_is_known_in_every_form_that_comes_back(wire: str) -> None:
    batch = batch_of("+6281299999999", NUMBER)

    member = found(batch, wire)

    assert member is not None
    assert member.number == NUMBER


def test_digits_that_the_line_wanted_in_front_are_known_again() -> None:
    assert found(batch_of(NUMBER, dial_prefix="9521"), "952181234567890") is not None

    # also when number and digits together look like somebody else's number
    assert found(batch_of("+628112345678", dial_prefix="8"), "88112345678") is not None
    assert found(batch_of("+628112345678"), "88112345678") is None


def test_stars_that_fit_two_people_fit_nobody() -> None:
    batch = batch_of("+6281211111890", "+6281222222890")

    assert found(batch, "812*****890") is None


@pytest.mark.parametrize("wire", ["", "***********", "anonymous", "81234567891", "8123456789", "0"])
def test_another_number_or_none_is_nobody(wire: str) -> None:
    assert found(batch_of(NUMBER), wire) is None


def test_a_number_of_another_batch_is_nobody() -> None:
    batch, other = batch_of("+6281299999999"), batch_of(NUMBER)

    assert found(batch, "81234567890") is None
    assert found(other, "81234567890") is not None


def test_a_reference_belongs_to_its_account_alone() -> None:
    batch = batch_of(NUMBER)

    assert Matcher(batch.account, references=[batch.reference], numbers=[]).batch_of(batch.reference) == batch
    assert Matcher(make_account(), references=[batch.reference], numbers=[]).batch_of(batch.reference) is None
    assert Matcher(batch.account, references=[""], numbers=[]).batch_of("") is None


def test_many_starred_numbers_take_few_queries() -> None:
    numbers = [f"+62812{index:08}" for index in range(100)]
    batch = batch_of(*numbers)
    wires = [f"{number[3:6]}*****{number[-3:]}" for number in numbers]

    with CaptureQueriesContext(connection) as queries:
        matcher = Matcher(batch.account, references=[batch.reference], numbers=wires)
        members = [matcher.member_of(matcher.batch_of(batch.reference) or batch, wire) for wire in wires]

    assert len(queries) <= 3
    assert [member and member.number for member in members] == numbers
