"""When a person may be called: legal hours by country and purpose, as dated data with a source.

Knows no Django and no database. The data lie in `data/`, one file for each country, for a lawyer to read and correct.
They are a careful reading of public sources, not legal advice.
"""

from dialer.calling_rules.hours import Interval, closes_at, is_open, next_open, week
from dialer.calling_rules.nouns import (
    Basis,
    Caps,
    Confidence,
    DayWindow,
    Holiday,
    HolidayRule,
    NoRulesError,
    OwnWindows,
    Purpose,
    Registry,
    Rules,
)
from dialer.calling_rules.reading import Country, countries, country, rules, zones
from dialer.calling_rules.sentences import allowed, doubts, explain, explain_moment, widens

__all__ = [
    "Basis",
    "Caps",
    "Confidence",
    "Country",
    "DayWindow",
    "Holiday",
    "HolidayRule",
    "Interval",
    "NoRulesError",
    "OwnWindows",
    "Purpose",
    "Registry",
    "Rules",
    "allowed",
    "closes_at",
    "countries",
    "country",
    "doubts",
    "explain",
    "explain_moment",
    "is_open",
    "next_open",
    "rules",
    "week",
    "widens",
    "zones",
]
