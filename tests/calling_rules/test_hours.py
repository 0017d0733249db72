"""Open, opens, closes, the week: compared with what a person would read off a clock, minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialer import calling_rules
from dialer.calling_rules import (
    Basis,
    Caps,
    Confidence,
    DayWindow,
    Holiday,
    HolidayRule,
    OwnWindows,
    Purpose,
    Rules,
    closes_at,
    is_open,
    next_open,
    week,
)

JAKARTA, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
TIJUANA, CANCUN = ZoneInfo("America/Tijuana"), ZoneInfo("America/Cancun")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # moves its clocks by half an hour
ZONES = (JAKARTA, JAYAPURA, TIJUANA, CANCUN, LORD_HOWE, ZoneInfo("Asia/Kolkata"))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONDAY = date(2026, 11, 23)


def made(*windows: DayWindow, holidays: tuple[Holiday, ...] = (), **changes) -> Rules:
    usual = {
        "country": "XX",
        "country_name": "Nowhere",
        "purpose": Purpose.SERVICE,
        "windows": windows,
        "holiday_rule": HolidayRule.CLOSED,
        "holiday_basis": Basis.HOUSE,
        "holiday_hours": None,
        "holidays": holidays,
        "holiday_years": (2026, 2027),
        "caps": Caps(),
        "registries": (),
        "basis": Basis.LAW,
        "source": "An act",
        "source_urls": (),
        "confidence": Confidence.GOOD,
        "remarks": (),
        "checked_on": date(2026, 11, 21),
        "valid_from": date(2026, 1, 1),
    }
    return Rules(**(usual | changes))


def daily(opens: str, closes: str, weekdays=range(7)) -> tuple[DayWindow, ...]:
    return OwnWindows.on(weekdays, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)).windows


def local(text: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


OFFICE = made(*daily("08:00", "20:00", range(6)))


@pytest.mark.parametrize(
    ("moment", "is_allowed"),
    [
        ("2026-11-23T07:59:59.999999", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T19:59:59.999999", True),
        ("2026-11-23T20:00", False),
        ("2026-11-22T12:00", False),  # a Sunday
    ],
)
def test_the_first_minute_is_open_and_the_last_is_not(moment, is_allowed):
    assert is_open(local(moment), rules=OFFICE, zones=[JAKARTA]) is is_allowed


def test_a_change_of_clocks_that_ends_a_week_leaves_no_hole():
    always = made(*daily("00:00", "00:00"))
    ((start, end),) = week(rules=always, zones=[TIJUANA], starting=date(2026, 10, 26))

    assert end - start == timedelta(days=7, hours=1)


def test_all_zones_must_agree():
    evening_in_jakarta = local("2026-11-23T18:30")  # 20:30 in Jayapura

    assert is_open(evening_in_jakarta, rules=OFFICE, zones=[JAKARTA])
    assert not is_open(evening_in_jakarta, rules=OFFICE, zones=[JAKARTA, JAYAPURA])
    assert closes_at(local("2026-11-23T12:00"), rules=OFFICE, zones=[JAKARTA, JAYAPURA]) == local("2026-11-23T18:00")


def test_own_hours_narrow_and_never_widen():
    own = OwnWindows(windows=daily("07:00", "10:00"))

    assert next_open(local("2026-11-23T00:00"), rules=OFFICE, zones=[JAKARTA], own=own) == local("2026-11-23T08:00")
    assert closes_at(local("2026-11-23T09:00"), rules=OFFICE, zones=[JAKARTA], own=own) == local("2026-11-23T10:00")


def test_own_hours_without_a_window_mean_never():
    never = OwnWindows(windows=())

    assert next_open(local("2026-11-23T12:00"), rules=OFFICE, zones=[JAKARTA], own=never) is None


def test_hours_across_midnight_belong_to_the_day_they_begin_on():
    friday_night = made(*daily("22:00", "02:00", [4]))

    assert is_open(local("2026-11-27T23:00"), rules=friday_night, zones=[JAKARTA])
    assert is_open(local("2026-11-28T01:59"), rules=friday_night, zones=[JAKARTA])
    assert not is_open(local("2026-11-27T01:00"), rules=friday_night, zones=[JAKARTA])
    assert closes_at(local("2026-11-27T22:00"), rules=friday_night, zones=[JAKARTA]) == local("2026-11-28T02:00")


def test_sunday_night_runs_into_monday():
    sunday_night = made(*daily("22:00", "02:00", [6]))

    assert is_open(local("2026-11-23T01:00"), rules=sunday_night, zones=[JAKARTA])


def test_a_holiday_begins_at_midnight_even_within_a_night():
    nights = made(*daily("22:00", "02:00"), holidays=(Holiday(on=date(2026, 12, 25), name="Christmas"),))

    assert closes_at(local("2026-12-24T23:00"), rules=nights, zones=[JAKARTA]) == local("2026-12-25T00:00")
    assert next_open(local("2026-12-25T00:00"), rules=nights, zones=[JAKARTA]) == local("2026-12-26T00:00")


def test_a_holiday_may_have_shorter_hours():
    holiday = Holiday(on=MONDAY, name="Founders' Day")
    shorter = made(
        *daily("08:00", "20:00"),
        holidays=(holiday,),
        holiday_rule=HolidayRule.SHORTER,
        holiday_hours=(8 * 3600, 18 * 3600),
    )

    assert closes_at(local("2026-11-23T12:00"), rules=shorter, zones=[JAKARTA]) == local("2026-11-23T18:00")
    assert closes_at(local("2026-11-24T12:00"), rules=shorter, zones=[JAKARTA]) == local("2026-11-24T20:00")


def test_a_holiday_may_change_nothing():
    open_always = made(
        *daily("08:00", "20:00"), holidays=(Holiday(on=MONDAY, name="Day"),), holiday_rule=HolidayRule.OPEN
    )

    assert is_open(local("2026-11-23T12:00"), rules=open_always, zones=[JAKARTA])


def test_a_holiday_in_one_zone_closes_all():
    """When Monday the holiday has begun in the east, it is still Sunday evening in the west."""
    nights = made(*daily("00:00", "00:00"), holidays=(Holiday(on=MONDAY, name="Day"),))

    assert not is_open(local("2026-11-23T00:30", JAYAPURA), rules=nights, zones=[JAKARTA, JAYAPURA])
    assert next_open(local("2026-11-23T12:00"), rules=nights, zones=[JAKARTA, JAYAPURA]) == local("2026-11-24T00:00")


def test_a_leap_day_is_a_day_like_any_other():
    leap = made(*daily("08:00", "20:00", [1]))  # 29 February 2028 is a Tuesday

    assert next_open(local("2028-02-28T12:00"), rules=leap, zones=[JAKARTA]) == local("2028-02-29T08:00")


def test_an_hour_that_is_skipped_is_never_open():
    skipped = made(*daily("02:00", "03:00"))  # on 14 March 2027 Tijuana goes from 01:59 to 03:00

    assert next_open(local("2027-03-14T00:00", TIJUANA), rules=skipped, zones=[TIJUANA]) == local(
        "2027-03-15T02:00", TIJUANA
    )


def test_hours_after_the_change_follow_the_new_clock():
    opens = next_open(local("2027-03-14T00:00", TIJUANA), rules=OFFICE, zones=[TIJUANA], own=None)

    assert opens == datetime(2027, 3, 15, 15, 0, tzinfo=UTC)  # 08:00 at UTC-7; it was UTC-8 on Saturday


def test_an_hour_that_comes_twice_is_open_twice():
    twice = made(*daily("01:30", "02:00"))  # on 1 November 2026 Tijuana goes from 01:59 back to 01:00
    openings = week(rules=twice, zones=[TIJUANA], starting=date(2026, 11, 1))

    assert openings[:2] == [
        (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, 0, tzinfo=UTC)),
        (datetime(2026, 11, 1, 9, 30, tzinfo=UTC), datetime(2026, 11, 1, 10, 0, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(("length", "opens"), [(13, local("2026-12-06T08:00")), (14, None)])
def test_an_opening_is_looked_for_a_fortnight_ahead(length, opens):
    holidays = tuple(Holiday(on=MONDAY + number * DAY, name="Day") for number in range(length))
    rules = made(*daily("08:00", "20:00"), holidays=holidays)

    assert next_open(local("2026-11-23T00:00"), rules=rules, zones=[JAKARTA]) == opens


def test_what_never_closes_has_no_closing_time():
    always = made(*daily("00:00", "00:00"))

    assert closes_at(local("2026-11-23T12:00"), rules=always, zones=[JAKARTA]) is None
    assert is_open(local("2026-11-23T12:00"), rules=always, zones=[JAKARTA])


def test_what_is_closed_has_no_closing_time():
    assert closes_at(local("2026-11-22T12:00"), rules=OFFICE, zones=[JAKARTA]) is None


@pytest.mark.parametrize("ask", [is_open, next_open, closes_at])
def test_a_moment_without_a_zone_is_refused(ask):
    with pytest.raises(ValueError, match="needs a zone"):
        ask(datetime(2026, 11, 23, 12, 0), rules=OFFICE, zones=[JAKARTA])  # noqa: DTZ001


@pytest.mark.parametrize("ask", [is_open, next_open, closes_at])
def test_a_callee_without_a_zone_is_refused(ask):
    with pytest.raises(ValueError, match="zones of the person"):
        ask(local("2026-11-23T12:00"), rules=OFFICE, zones=[])


def test_a_week_holds_six_office_days():
    openings = week(rules=OFFICE, zones=[JAKARTA], starting=MONDAY)

    assert openings == [
        (local(f"2026-11-{day}T08:00").astimezone(UTC), local(f"2026-11-{day}T20:00").astimezone(UTC))
        for day in range(23, 29)
    ]


# --- properties: whatever the hours, the zones and the moment ---------------------------------------------------

minutes = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
windows = st.builds(DayWindow, weekday=st.integers(0, 6), opens=minutes, closes=minutes)
holidays = st.lists(
    st.builds(Holiday, on=st.dates(date(2026, 10, 25), date(2026, 11, 12)), name=st.just("Day")),
    max_size=4,
    unique_by=lambda holiday: holiday.on,
).map(tuple)
any_rules = st.builds(
    lambda hours, days, shorter: made(
        *hours,
        holidays=days,
        holiday_rule=HolidayRule.SHORTER if shorter else HolidayRule.CLOSED,
        holiday_hours=shorter,
    ),
    st.lists(windows, max_size=8),
    holidays,
    st.sampled_from([None, (8 * 3600, 18 * 3600)]),
)
some_zones = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True)
own_windows = st.none() | st.builds(lambda hours: OwnWindows(windows=tuple(hours)), st.lists(windows, max_size=8))
# Around 1 November 2026, when Tijuana moves its clocks; and Lord Howe does on 4 October and 4 April.
moments = st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 10), timezones=st.just(UTC))  # noqa: DTZ001
callee = {"rules": any_rules, "zones": some_zones, "own": own_windows}


def as_a_person_reads_it(at: datetime, rules: Rules, zones, own: OwnWindows | None) -> bool:
    """Open, decided from the words of the rule alone: look at each window of today and of yesterday."""
    return all(
        _holds(at.astimezone(zone), rules.windows, rules) and (own is None or _holds(at.astimezone(zone), own.windows))
        for zone in zones
    )


def _holds(clock: datetime, hours, rules: Rules | None = None) -> bool:
    today, now = clock.date(), clock.time()
    if rules and rules.holiday(today):
        if rules.holiday_hours is None:
            return False
        return time(8) <= now < time(18)
    for window in hours:
        crosses = window.closes <= window.opens
        if window.weekday == today.weekday() and now >= window.opens and (crosses or now < window.closes):
            return True
        if crosses and (window.weekday + 1) % 7 == today.weekday() and now < window.closes:
            return True
    return False


@given(at=moments, **callee)
def test_open_is_what_a_person_reads_off_the_clock(at, rules, zones, own):
    assert is_open(at, rules=rules, zones=zones, own=own) is as_a_person_reads_it(at, rules, zones, own)


@given(at=moments, **callee)
def test_all_zones_together_are_open_only_when_each_is(at, rules, zones, own):
    together = is_open(at, rules=rules, zones=zones, own=own)

    assert together is all(is_open(at, rules=rules, zones=[zone], own=own) for zone in zones)


@given(at=moments, **callee)
def test_own_hours_are_a_part_of_the_legal_ones(at, rules, zones, own):
    if is_open(at, rules=rules, zones=zones, own=own):
        assert is_open(at, rules=rules, zones=zones)


@settings(deadline=None, max_examples=60)
@given(at=moments, **callee)
@example(at=datetime(2026, 11, 1, 8, 10, tzinfo=UTC), rules=made(*daily("01:30", "02:00")), zones=[TIJUANA], own=None)
@example(at=datetime(2026, 10, 3, 15, tzinfo=UTC), rules=made(*daily("02:10", "02:40")), zones=[LORD_HOWE], own=None)
def test_the_next_opening_is_the_first_open_minute(at, rules, zones, own):
    at = at.replace(second=0, microsecond=0)
    end = at + 3 * DAY
    first = at
    while first < end and not is_open(first, rules=rules, zones=zones, own=own):
        first += MINUTE
    opens = next_open(at, rules=rules, zones=zones, own=own)

    if first < end:
        assert opens == first
    else:
        assert opens is None or opens >= end


@given(at=moments, **callee)
def test_the_next_opening_is_open_and_not_before_now(at, rules, zones, own):
    opens = next_open(at, rules=rules, zones=zones, own=own)

    if opens is not None:
        assert opens >= at
        assert is_open(opens, rules=rules, zones=zones, own=own)
        assert opens == at or not is_open(opens - timedelta(microseconds=1), rules=rules, zones=zones, own=own)


@settings(deadline=None)
@given(at=moments, **callee)
def test_closing_is_the_end_of_the_opening_that_holds_now(at, rules, zones, own):
    closes = closes_at(at, rules=rules, zones=zones, own=own)

    if closes is None:
        return
    assert is_open(at, rules=rules, zones=zones, own=own)
    assert not is_open(closes, rules=rules, zones=zones, own=own)
    minute = at
    while minute < closes and minute < at + DAY:
        assert is_open(minute, rules=rules, zones=zones, own=own)
        minute += 7 * MINUTE


@given(at=moments, **callee)
def test_whoever_is_open_closes_or_is_open_for_a_fortnight(at, rules, zones, own):
    if is_open(at, rules=rules, zones=zones, own=own) and not closes_at(at, rules=rules, zones=zones, own=own):
        assert all(is_open(at + number * DAY, rules=rules, zones=zones, own=own) for number in range(14))


@settings(deadline=None)
@given(starting=st.dates(date(2026, 10, 1), date(2026, 11, 5)), **callee)
def test_a_week_is_sorted_apart_and_agrees_with_open(starting, rules, zones, own):
    openings = week(rules=rules, zones=zones, own=own, starting=starting)

    assert all(start < end for start, end in openings)
    assert all(earlier[1] < later[0] for earlier, later in pairwise(openings))
    moment = min(datetime.combine(starting, time(), zone).astimezone(UTC) for zone in zones)
    last_midnight = max(datetime.combine(starting + 7 * DAY, time(), zone).astimezone(UTC) for zone in zones)
    while moment < last_midnight:
        listed = any(start <= moment < end for start, end in openings)
        assert listed is is_open(moment, rules=rules, zones=zones, own=own)
        moment += 17 * MINUTE


@pytest.mark.parametrize("code", calling_rules.countries())
@pytest.mark.parametrize("purpose", Purpose)
def test_a_closed_rule_of_any_country_opens_again_within_the_fortnight(code, purpose):
    rules = calling_rules.rules(code, purpose, on=MONDAY)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at < datetime(2027, 12, 31, tzinfo=UTC):
        opens = next_open(at, rules=rules, zones=calling_rules.zones(code))
        assert opens is not None
        at = max(opens, at) + DAY
