"""Days and times as people of the language in which we talk write them, on the clock of whoever looks.

Every form with words or an order stands here once, so that a translator sees it once.
"""

from datetime import date, datetime, tzinfo
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from dialer.terms import LATEST_MOMENT

# What a moment that somebody enters is held against.
NOT_TOO_FAR = MaxValueValidator(LATEST_MOMENT, message=_("This moment is too far away. Choose an earlier one."))


def moment(at: datetime) -> str:
    """Day and time: 5 Mar 2026, 14:30."""
    return _on_the_wall(at, pgettext("date format", "j M Y, H:i"))


def moment_in(at: datetime, zone: ZoneInfo) -> str:
    """Day and time on the clock of a zone, which is named: 5 Mar 2026, 14:30 (Asia/Jakarta)."""
    return _named(_on_the_wall(at, pgettext("date format", "j M Y, H:i"), zone), zone)


def weekday_moment_in(at: datetime, zone: ZoneInfo) -> str:
    """The same with the day of the week: Thu 5 Mar 2026, 14:30 (Asia/Jakarta)."""
    return _named(_on_the_wall(at, pgettext("date format", "D j M Y, H:i"), zone), zone)


def short_moment(at: datetime) -> str:
    """A moment of which the year is plain: 5 Mar, 14:30."""
    return _on_the_wall(at, pgettext("date format", "j M, H:i"))


def short_moment_in(at: datetime, zone: ZoneInfo) -> str:
    """The same on the clock of a zone, which is named: 5 Mar, 14:30 (Asia/Jakarta)."""
    return _named(_on_the_wall(at, pgettext("date format", "j M, H:i"), zone), zone)


def second(at: datetime) -> str:
    """A moment to the second: 14:30:05, 5 Mar."""
    return _on_the_wall(at, pgettext("date format", "H:i:s, j M"))


def time(at: datetime) -> str:
    """A time of the day: 14:30."""
    return _on_the_wall(at, pgettext("date format", "H:i"))


def day(on: date) -> str:
    """A day: 5 Mar 2026. Of a moment, the day that it is here."""
    return _on_the_wall(on, pgettext("date format", "j M Y"))


def short_day(on: date) -> str:
    """A day of which the year is plain: 5 Mar."""
    return _on_the_wall(on, pgettext("date format", "j M"))


def weekday(on: date) -> str:
    """A day with its day of the week: Thu, 5 Mar 2026."""
    return _on_the_wall(on, pgettext("date format", "D, j M Y"))


def offset(zone: tzinfo, at: datetime) -> str:
    """How far the clocks of a zone are from UTC at a moment: UTC+07:00."""
    ahead = f"{at.astimezone(zone):%z}"
    return f"UTC{ahead[:3]}:{ahead[3:5]}"


def midnight(on: date) -> datetime:
    """When a day begins here, also one on which clocks are changed."""
    return timezone.make_aware(datetime.combine(on, time_of_day.min))


def zone_in_words(zone: tzinfo) -> str:
    """A zone by its name, and how far its clocks are from UTC now: Asia/Jakarta (UTC+07:00)."""
    return str(zone) if str(zone) == "UTC" else f"{zone} ({offset(zone, timezone.now())})"


def _on_the_wall(at: date, form: str, zone: ZoneInfo | None = None) -> str:
    return date_format(timezone.localtime(at, zone) if isinstance(at, datetime) else at, form)


def _named(local: str, zone: ZoneInfo) -> str:
    return pgettext("date format", "%(moment)s (%(zone)s)") % {"moment": local, "zone": zone.key}
