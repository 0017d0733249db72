"""The countries' files: what they must say, and what is refused."""

import re
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from dialer.calling_rules import (
    Basis,
    Caps,
    DayWindow,
    HolidayRule,
    NoRulesError,
    OwnWindows,
    Purpose,
    countries,
    country,
    rules,
    zones,
)
from dialer.calling_rules.reading import parsed

TODAY = date(2026, 11, 21)

NOWHERE = """
country = "XX"
name = "Nowhere"
zones = ["Europe/Berlin"]

[[rules]]
purpose = "debt"
basis = "law"
hours = ["Mon-Fri 08:00-20:00", "Sat 20:00-24:00"]
holidays = "09:00-12:00"
holidays_basis = "law"
source = "Act 1"
source_urls = ["https://example.org/act"]
confidence = "good"
remarks = []
checked_on = 2026-01-01
valid_from = 2026-01-01
valid_until = 2026-06-30

[[rules]]
purpose = "debt"
basis = "law"
hours = ["Mon 08:00-20:00"]
holidays = "closed"
holidays_basis = "law"
caps = { per_day = 1, per_week = 3 }
source = "Act 2"
source_urls = ["https://example.org/act"]
confidence = "good"
remarks = []
checked_on = 2026-07-01
valid_from = 2026-07-01

[holidays]
years = [2026]
sources = ["https://example.org/days"]
days = [{ on = 2026-01-01, name = "New Year" }]
"""


def test_seven_countries_have_rules():
    assert countries() == ("CO", "ID", "IN", "MX", "PH", "TH", "VN")


@pytest.mark.parametrize("code", countries())
@pytest.mark.parametrize("purpose", Purpose)
def test_each_country_has_rules_for_each_purpose_today(code, purpose):
    found = rules(code, purpose, on=TODAY)

    assert (found.country, found.purpose) == (code, purpose)
    assert found.windows
    assert found.source
    assert found.checked_on <= TODAY


@pytest.mark.parametrize("code", countries())
def test_whatever_claims_to_be_law_gives_an_address(code):
    for rule in country(code).rules:
        assert rule.source_urls or rule.basis is Basis.HOUSE, f"{code} {rule.purpose}"
        assert all(re.match(r"https?://\S+$", url) for url in rule.source_urls)


@pytest.mark.parametrize("code", countries())
def test_holidays_are_sorted_and_lie_in_the_years_they_claim(code):
    days = [holiday.on for holiday in country(code).holidays]

    assert days == sorted(days)
    assert {day.year for day in days} == set(country(code).holiday_years) == {2026, 2027}
    assert country(code).holiday_sources


def test_nobody_is_called_for_debt_at_night_in_any_country():
    for code in countries():
        for window in rules(code, Purpose.DEBT, on=TODAY).windows:
            assert time(6) <= window.opens < window.closes <= time(22)


def test_house_hours_are_careful():
    for code in countries():
        for rule in country(code).rules:
            if rule.basis is Basis.HOUSE:
                assert all(window.weekday < 6 for window in rule.windows), "no Sundays"
                assert all(time(7) <= window.opens and window.closes <= time(20) for window in rule.windows)
                assert rule.holiday_rule is HolidayRule.CLOSED


@pytest.mark.parametrize(
    ("code", "purpose", "weekday", "hours"),
    [
        ("CO", Purpose.MARKETING, 0, (time(7), time(19))),
        ("CO", Purpose.DEBT, 5, (time(8), time(15))),
        ("ID", Purpose.DEBT, 5, (time(8), time(20))),
        ("ID", Purpose.MARKETING, 0, (time(8), time(18))),
        ("IN", Purpose.MARKETING, 6, (time(9), time(21))),
        ("IN", Purpose.DEBT, 0, (time(8), time(19))),
        ("MX", Purpose.DEBT, 4, (time(7), time(22))),
        ("PH", Purpose.DEBT, 6, (time(6), time(22))),
        ("TH", Purpose.DEBT, 0, (time(8), time(20))),
        ("TH", Purpose.DEBT, 6, (time(8), time(18))),
        ("VN", Purpose.MARKETING, 6, (time(8), time(17))),
        ("VN", Purpose.DEBT, 6, (time(7), time(21))),
    ],
)
def test_the_law_as_the_sources_tell_it(code, purpose, weekday, hours):
    found = rules(code, purpose, on=TODAY)

    assert found.basis is Basis.LAW
    assert DayWindow(weekday=weekday, opens=hours[0], closes=hours[1]) in found.windows


@pytest.mark.parametrize(
    ("code", "purpose", "day"),
    [("CO", Purpose.DEBT, 6), ("ID", Purpose.DEBT, 6), ("ID", Purpose.MARKETING, 6), ("MX", Purpose.DEBT, 5)],
)
def test_days_on_which_the_law_allows_nothing(code, purpose, day):
    assert day not in {window.weekday for window in rules(code, purpose, on=TODAY).windows}


def test_caps_where_the_law_names_a_figure():
    figures = {
        (code, rule.purpose): rule.caps for code in countries() for rule in country(code).rules if rule.caps != Caps()
    }

    assert figures == {
        ("CO", Purpose.MARKETING): Caps(per_day=1),
        ("CO", Purpose.DEBT): Caps(per_day=1),
        ("TH", Purpose.DEBT): Caps(per_day=1),
        ("VN", Purpose.MARKETING): Caps(per_day=1),
        ("VN", Purpose.DEBT): Caps(per_day=5),
    }


def test_registers_to_consult_before_advertising():
    asked = {code for code in countries() if rules(code, Purpose.MARKETING, on=TODAY).registries}

    assert asked == {"CO", "IN", "MX", "VN"}


def easter(year: int) -> date:
    """The Gregorian Easter Sunday (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, *divmod(year, 100)
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


@pytest.mark.parametrize("year", [2026, 2027])
def test_colombias_holidays_follow_law_51_of_1983(year):
    def monday_after(day: date) -> date:
        return date.fromordinal(day.toordinal() + -day.weekday() % 7)

    fixed = {date(year, *day) for day in [(1, 1), (5, 1), (7, 20), (8, 7), (12, 8), (12, 25)]}
    moved = {date(year, *day) for day in [(1, 6), (3, 19), (6, 29), (8, 15), (10, 12), (11, 1), (11, 11)]}
    from_easter = {date.fromordinal(easter(year).toordinal() + days) for days in (-3, -2, 43, 64, 71)}

    expected = fixed | set(map(monday_after, moved)) | from_easter
    assert {holiday.on for holiday in country("CO").holidays if holiday.on.year == year} == expected


@pytest.mark.parametrize("year", [2026, 2027])
def test_mexicos_holidays_follow_article_74(year):
    def monday(month: int, number: int) -> date:
        first = date(year, month, 1)
        return date(year, month, 1 + -first.weekday() % 7 + 7 * (number - 1))

    fixed = {date(year, *day) for day in [(1, 1), (5, 1), (9, 16), (12, 25)]}

    expected = fixed | {monday(2, 1), monday(3, 3), monday(11, 3)}
    assert {holiday.on for holiday in country("MX").holidays if holiday.on.year == year} == expected


@pytest.mark.parametrize("code", ["CO", "ID", "IN", "PH"])
@pytest.mark.parametrize("year", [2026, 2027])
def test_good_friday_is_the_friday_before_easter(code, year):
    found = [day.on for day in country(code).holidays if day.name == "Good Friday" and day.on.year == year]

    assert found == [date.fromordinal(easter(year).toordinal() - 2)]


def test_a_country_without_a_file_is_refused_with_a_sentence():
    with pytest.raises(NoRulesError, match="no calling rules for the country DE"):
        rules("DE", Purpose.SERVICE, on=TODAY)


@pytest.mark.parametrize("code", ["", "id", "../data/ID", "XX"])
def test_only_the_codes_of_files_name_a_country(code):
    with pytest.raises(NoRulesError):
        country(code)


def test_a_day_before_the_first_rule_is_refused_with_a_sentence():
    with pytest.raises(NoRulesError, match="no rules for debt calls in Thailand on 2001-01-01"):
        rules("TH", Purpose.DEBT, on=date(2001, 1, 1))


# --- zones ------------------------------------------------------------------------------------------------------


def keys(found: tuple[ZoneInfo, ...]) -> list[str]:
    return [zone.key for zone in found]


def test_a_country_has_all_its_zones():
    assert keys(zones("ID")) == ["Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"]
    assert {"America/Tijuana", "America/Ojinaga", "America/Matamoros", "America/Cancun"} <= set(keys(zones("MX")))


def test_a_landline_tells_its_place():
    assert keys(zones("ID", "+62361123456")) == ["Asia/Makassar"]  # Bali
    assert keys(zones("ID", "+622112345678")) == ["Asia/Jakarta"]


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("ID", "+6281234567890"),  # a mobile number
        ("MX", "+526641234567"),  # Tijuana's series, but it may be a mobile that has moved
        ("ID", "+60312345678"),  # a landline of another country
        ("ID", "not a number"),
        ("ID", ""),
    ],
)
def test_any_other_number_may_be_anywhere_in_its_country(code, number):
    assert zones(code, number) == zones(code)


def test_a_country_of_one_zone_has_one_zone_whatever_the_number():
    assert keys(zones("IN", "+911123456789")) == ["Asia/Kolkata"]


# --- one file ---------------------------------------------------------------------------------------------------


def test_a_file_reads_as_it_is_written():
    place = parsed(NOWHERE)
    first = place.rules[0]

    assert (place.code, place.name, keys(place.zones)) == ("XX", "Nowhere", ["Europe/Berlin"])
    assert len(first.windows) == 6
    assert first.spans(date(2026, 1, 2)) == ((8 * 3600, 20 * 3600),)
    assert first.spans(date(2026, 1, 3)) == ((20 * 3600, 24 * 3600),)
    assert first.spans(date(2026, 1, 4)) == ()
    assert first.spans(date(2026, 1, 1)) == ((9 * 3600, 12 * 3600),), "the holiday's shorter hours"
    assert place.rules[1].caps == Caps(per_day=1, per_week=3)


def test_a_new_rule_takes_over_on_its_day(monkeypatch, tmp_path):
    (tmp_path / "XX.toml").write_text(NOWHERE)
    monkeypatch.setattr("dialer.calling_rules.reading.DATA", tmp_path)
    country.cache_clear()

    assert rules("XX", Purpose.DEBT, on=date(2026, 6, 30)).source == "Act 1"
    assert rules("XX", Purpose.DEBT, on=date(2026, 7, 1)).source == "Act 2"

    country.cache_clear()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('purpose = "debt"', 'purpose = "surveys"'),
        ('basis = "law"', 'basis = "custom"'),
        ('"Mon-Fri 08:00-20:00"', '"Monday 08:00-20:00"'),
        ('"Mon-Fri 08:00-20:00"', '"Fri-Mon 08:00-20:00"'),
        ('"Mon-Fri 08:00-20:00"', '"Mon-Fri 8-20"'),
        ('"Mon-Fri 08:00-20:00"', '"Mon-Fri 25:00-26:00"'),
        ('holidays = "09:00-12:00"', 'holidays = "22:00-02:00"'),
        ('holidays = "closed"', 'holidays = "maybe"'),
        ("valid_until = 2026-06-30", "valid_until = 2026-07-01"),
        ("valid_until = 2026-06-30", ""),
        ('confidence = "good"', 'confidence = "fine"'),
        ("checked_on = 2026-01-01", ""),
        ('{ on = 2026-01-01, name = "New Year" }', '{ on = 2026-01-01, name = "A" }, { on = 2026-01-01, name = "B" }'),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(right, wrong):
    assert right in NOWHERE

    with pytest.raises((ValueError, KeyError)):
        parsed(NOWHERE.replace(right, wrong, 1))


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_week_has_seven_days(weekday):
    with pytest.raises(ValueError, match="weekday"):
        DayWindow(weekday=weekday, opens=time(8), closes=time(20))


def test_hours_are_whole_minutes():
    with pytest.raises(ValueError, match="whole minutes"):
        OwnWindows.on([0], opens=time(8, 0, 30), closes=time(20))
