"""Numbers are written as people of the active language write them."""

from decimal import Decimal

import pytest
from django.utils import translation

from dialer import figures


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1234.5", "1,234.50"), ("0.0375", "0.0375"), ("100", "100.00"), ("2000", "2,000.00"), ("-2", "-2.00")],
)
def test_an_amount_keeps_all_that_it_says(amount: str, shown: str) -> None:
    assert figures.amount(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("language", "count", "money"),
    [
        ("en", "1,234,567", "1,234,567.50 USD"),
        ("es", "1.234.567", "1.234.567,50 USD"),
        ("id", "1.234.567", "1.234.567,50 USD"),
        ("hi", "12,34,567", "12,34,567.50 USD"),
        ("zh-hans", "1,234,567", "1,234,567.50 USD"),
    ],
)
def test_thousands_and_decimals_are_those_of_the_language(language: str, count: str, money: str) -> None:
    with translation.override(language):
        assert figures.count(1_234_567) == count
        assert figures.money(Decimal("1234567.5"), "USD") == money


def test_an_amount_may_have_just_so_many_places() -> None:
    assert figures.amount(2.5, places=0) == "2"
    assert figures.amount(Decimal("0.0375"), places=2) == "0.04"


def test_a_share_is_rounded_down_so_that_a_hundred_means_all() -> None:
    assert figures.share(999, 1000) == "99%"
    assert figures.share(7, 7) == "100%"
