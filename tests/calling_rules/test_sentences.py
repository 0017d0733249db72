"""What an operator reads about calling hours, and what the document says of them."""

import runpy
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from dialer.calling_rules import (
    Confidence,
    OwnWindows,
    Purpose,
    Rules,
    allowed,
    doubts,
    explain,
    rules,
    widens,
    zones,
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "calling-rules.md"
JAKARTA, BANGKOK = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Bangkok")
SATURDAY_NIGHT = datetime(2026, 11, 21, 21, 10, tzinfo=JAKARTA)


def of(code: str, purpose: Purpose = Purpose.DEBT) -> Rules:
    return rules(code, purpose, on=date(2026, 11, 21))


def test_a_closed_hour_is_explained_with_the_next_opening():
    assert explain(SATURDAY_NIGHT, rules=of("ID"), zones=[JAKARTA]) == (
        "In Indonesia, debt calls are allowed Mon-Sat 08:00–20:00, not on public holidays. "
        "It is 21:10 on Sat in Jakarta. Opens Mon 08:00 in Jakarta."
    )


def test_an_open_hour_is_explained_with_its_end():
    assert explain(SATURDAY_NIGHT.replace(hour=12), rules=of("TH"), zones=[BANGKOK]).endswith(
        "It is 12:10 on Sat in Bangkok. Open until Sat 18:00 in Bangkok."
    )


def test_an_unknown_place_shows_the_earliest_and_the_latest_clock():
    assert "It is 21:10 on Sat in Jakarta and 23:10 on Sat in Jayapura; all zones must agree." in explain(
        SATURDAY_NIGHT, rules=of("ID"), zones=zones("ID")
    )


def test_the_campaigns_own_hours_are_named():
    own = OwnWindows.on(range(5), opens=time(10), closes=time(12))

    assert "This campaign calls Mon-Fri 10:00–12:00." in explain(
        SATURDAY_NIGHT, rules=of("ID"), zones=[JAKARTA], own=own
    )


def test_a_holiday_is_named():
    christmas = datetime(2026, 12, 25, 12, 0, tzinfo=JAKARTA)

    assert "Public holiday: Christmas Day. Opens Sat 08:00 in Jakarta." in explain(
        christmas, rules=of("ID"), zones=zones("ID", "+622112345678")
    )


def test_never_is_said_plainly():
    never = OwnWindows(windows=())

    assert explain(SATURDAY_NIGHT, rules=of("ID"), zones=[JAKARTA], own=never).endswith(
        "This campaign calls never. It is 21:10 on Sat in Jakarta. There is no opening within 14 days."
    )


def test_hours_without_an_end_are_said_plainly():
    always = replace(of("PH"), windows=OwnWindows.on(range(7), opens=time(), closes=time()).windows)

    assert explain(SATURDAY_NIGHT, rules=always, zones=[JAKARTA]).endswith("Open around the clock.")


def test_house_rules_do_not_pretend_to_be_law():
    assert allowed(of("PH", Purpose.SERVICE)) == (
        "In the Philippines, service calls are, by our own caution, Mon-Sat 09:00–20:00, not on public holidays."
    )


def test_weak_sources_send_to_a_lawyer():
    assert of("TH", Purpose.MARKETING).confidence is Confidence.LOW
    assert allowed(of("TH", Purpose.MARKETING)).endswith("The sources for this are weak: ask a lawyer first.")


def test_hours_within_the_legal_ones_widen_nothing():
    assert widens(OwnWindows.on(range(5), opens=time(9), closes=time(18)), of("CO")) == []


def test_hours_that_touch_are_one():
    halves = replace(
        of("PH"),
        windows=(
            *OwnWindows.on(range(7), opens=time(6), closes=time(12)).windows,
            *OwnWindows.on(range(7), opens=time(12), closes=time(22)).windows,
        ),
    )

    assert widens(OwnWindows.on(range(7), opens=time(9), closes=time(18)), halves) == []
    assert "Mon-Sun 06:00–22:00." in allowed(halves)


def test_hours_beyond_the_legal_ones_are_named_once_for_each_run_of_days():
    assert widens(OwnWindows.on(range(7), opens=time(9), closes=time(20)), of("CO")) == [
        "Mon-Fri 09:00–20:00 goes beyond the law's hours for debt calls in Colombia: 07:00–19:00.",
        "Sat 09:00–20:00 goes beyond the law's hours for debt calls in Colombia: 08:00–15:00.",
        "Sun 09:00–20:00 goes beyond the law's hours for debt calls in Colombia: no calls.",
    ]


def test_hours_beyond_our_own_caution_say_whose_they_are():
    (sentence,) = widens(OwnWindows.on([0], opens=time(6), closes=time(10)), of("PH", Purpose.SERVICE))

    assert sentence == (
        "Mon 06:00–10:00 goes beyond our careful hours for service calls in the Philippines: 09:00–20:00."
    )


def test_a_night_widens_both_its_days():
    assert widens(OwnWindows.on([0], opens=time(21), closes=time(1)), of("PH")) == [
        "Mon 21:00–24:00 goes beyond the law's hours for debt calls in the Philippines: 06:00–22:00.",
        "Tue 00:00–01:00 goes beyond the law's hours for debt calls in the Philippines: 06:00–22:00.",
    ]


def test_good_and_fresh_rules_raise_no_doubt():
    assert doubts(of("CO"), on=date(2026, 11, 21)) == []


def test_a_tentative_holiday_ahead_is_named():
    assert doubts(of("ID"), on=date(2027, 2, 1)) == ["Lunar New Year on 2027-02-06 is tentative: check the date."]


def test_a_tentative_holiday_matters_only_where_holidays_do():
    assert doubts(of("PH"), on=date(2027, 2, 1)) == []


def test_a_year_without_holidays_is_named_before_it_begins():
    assert doubts(replace(of("CO"), checked_on=date(2027, 12, 1)), on=date(2027, 12, 20)) == [
        "The public holidays of Colombia in 2028 are not known here yet."
    ]


def test_rules_that_nobody_has_checked_for_a_year_are_named():
    assert doubts(of("PH"), on=date(2027, 11, 21)) == []
    assert doubts(of("PH"), on=date(2027, 11, 22)) == [
        "These rules were last checked on 2026-11-21, more than a year ago."
    ]


# --- the document -----------------------------------------------------------------------------------------------


def test_the_document_holds_the_rules_as_the_data_have_them(capsys):
    runpy.run_module("dialer.calling_rules", run_name="__main__")

    assert DOCUMENT.read_text(encoding="utf-8").partition("## The rules\n\n")[2] == capsys.readouterr().out


def test_the_document_says_that_it_is_not_legal_advice():
    assert "not legal advice" in DOCUMENT.read_text(encoding="utf-8")
