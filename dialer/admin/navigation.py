"""What a page tells the console about itself: its place, what needs a person, its figures on the overview."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ATTENTION_CAP = 100  # a badge says "99+" from here on, so that it never costs more than a glance

Text = str | Promise


class Section(TextChoices):
    """The parts of the navigation, in their order: jobs, not tables."""

    OPERATE = "operate", _("Operate")
    NUMBERS = "numbers", _("Numbers")
    BEHIND_THE_SCENES = "behind_the_scenes", _("Behind the scenes")
    SET_UP = "set_up", _("Set up")


@dataclass(frozen=True)
class Place:
    """Where a page stands in the navigation. The icon is the name of a symbol in static/dialer/icons.svg."""

    section: Section
    order: int
    icon: str
    label: Text = ""  # empty: the plural of the model


@dataclass(frozen=True, kw_only=True)
class LoosePage:
    """A page about no model: its name, which is also its address, and who may see it."""

    name: str
    place: Place  # with a label
    permission: str  # such as "dialer.view_account"
    view: Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Something that only a person can settle: how much of it, what it is (without the number), and what to do."""

    count: int
    text: Text
    remedy: Text
    query: str = ""  # filters the page's list to just these rows, such as "state__exact=uncertain"
    url: str = ""  # where to go instead of the list, if there is only one
    is_alarm: bool = False  # red: something is or will be lost; otherwise amber


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that needs a person, with the page it stands on and the address of its rows."""

    page: ModelAdmin
    attention: Attention
    url: str

    @property
    def amount(self) -> str:
        return badge([self.attention])


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number on the overview, with the list behind it."""

    label: Text
    value: Text
    note: Text = ""
    url: str = ""
    tone: str = ""  # "good", "warning" or "alarm" colours it


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the navigation."""

    label: Text
    icon: str
    url: str
    is_current: bool
    badge: str = ""
    is_alarm: bool = False


@dataclass(frozen=True, kw_only=True)
class EntryGroup:
    """A section of the navigation with the entries that this user may see."""

    label: Text
    entries: list[Entry] = field(default_factory=list)


def capped_count(rows: QuerySet) -> int:
    """How many rows, counted no further than ATTENTION_CAP."""
    return rows.order_by()[:ATTENTION_CAP].count()


def badge(attention: Iterable[Attention]) -> str:
    """The number beside an entry: "" for nothing, "99+" for many."""
    total = sum(item.count for item in attention)
    if not total:
        return ""
    return str(total) if total < ATTENTION_CAP else f"{ATTENTION_CAP - 1}+"


def leads_to(request: HttpRequest, url: str) -> bool:
    """Is the page asked for this one, or one below it?"""
    return request.path.startswith(url)
