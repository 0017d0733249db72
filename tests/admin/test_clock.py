"""Days, times and numbers are written as the reader's language writes them, on the reader's clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from dialer.admin import clock, columns

AT = datetime(2026, 3, 5, 7, 30, 5, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture(autouse=True)
def in_jakarta():
    with timezone.override(JAKARTA):
        yield


def test_a_moment_is_on_the_clock_of_whoever_looks():
    assert clock.moment(AT) == "5 Mar 2026, 14:30"
    assert clock.short_moment(AT) == "5 Mar, 14:30"
    assert clock.second(AT) == "14:30:05, 5 Mar"
    assert clock.time(AT) == "14:30"


def test_a_moment_on_another_clock_names_its_zone():
    delhi = ZoneInfo("Asia/Kolkata")
    assert clock.moment_in(AT, delhi) == "5 Mar 2026, 13:00 (Asia/Kolkata)"
    assert clock.short_moment_in(AT, delhi) == "5 Mar, 13:00 (Asia/Kolkata)"
    assert clock.weekday_moment_in(AT, delhi) == "Thu 5 Mar 2026, 13:00 (Asia/Kolkata)"


def test_a_zone_is_told_with_how_far_its_clocks_are_from_utc():
    assert clock.zone_in_words(ZoneInfo("Asia/Kolkata")) == "Asia/Kolkata (UTC+05:30)"
    assert clock.zone_in_words(ZoneInfo("UTC")) == "UTC"
    new_york = ZoneInfo("America/New_York")
    assert clock.offset(new_york, AT) == "UTC-05:00"
    assert clock.offset(new_york, datetime(2026, 7, 1, tzinfo=UTC)) == "UTC-04:00"


def test_the_day_of_a_moment_is_the_day_that_it_is_here():
    assert clock.day(datetime(2026, 3, 5, 17, 0, tzinfo=UTC)) == "6 Mar 2026"
    assert clock.day(date(2026, 3, 5)) == "5 Mar 2026"
    assert clock.short_day(date(2026, 3, 5)) == "5 Mar"
    assert clock.weekday(date(2026, 3, 5)) == "Thu, 5 Mar 2026"


def test_months_have_the_names_of_the_language():
    with translation.override("es"):
        assert clock.day(date(2026, 8, 5)) == "5 Ago 2026"


def test_numbers_and_shares_are_those_of_the_language():
    with translation.override("es"):
        assert columns.count(1234567) == "1.234.567"
        assert columns.share(45, 100) == "45\N{NO-BREAK SPACE}%"
    with translation.override("hi"):
        assert columns.count(1234567) == "12,34,567"
