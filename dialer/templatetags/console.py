"""What the console's templates need and Django's language lacks."""

import json
from collections.abc import Iterable
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock, columns
from dialer.admin.navigation import ATTENTION_CAP, capped_count
from dialer.flow import notices

# What the scripts of every page say. {braces} are filled in by them.
SCRIPT_WORDS = {
    "upload_whole": _("Uploaded. The server is looking at it…"),
    "upload_broke": _("The upload broke off. Nothing was saved; try again."),
    "upload_stopped": _("Stopped. Nothing was saved."),
    "stop": _("Stop"),
    "player": _("Player"),
    "unplayable": _("{title} – This recording can’t be played. Reload the page, and look whether it is still there."),
}

register = template.Library()
register.filter("when", columns.when)
register.filter("thousands", columns.count)
register.filter("lasting", columns.duration)
register.filter("purpose", columns.purpose)
register.simple_tag(columns.state_badge)
register.simple_tag(columns.progress_bar)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of the sprite, for the eye only: the word beside it says the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("dialer/icons.svg"), name
    )


@register.simple_tag
def script_words() -> str:
    """What scripts say, in the language of the page, as JSON."""
    return json.dumps({name: str(sentence) for name, sentence in SCRIPT_WORDS.items()}, ensure_ascii=False)


@register.simple_tag
def zone_here() -> str:
    """The time zone in which moments stand on this page."""
    return clock.zone_in_words(timezone.get_current_timezone())


@register.simple_tag
def unread_notices(person: Any) -> str:
    """How many notices somebody has not read: "" for none, "99+" for many. One query, of an index."""
    count = capped_count(notices.unread(person))
    return "" if not count else str(count) if count < ATTENTION_CAP else f"{ATTENTION_CAP - 1}+"


@register.simple_tag
def labelled_cells(cells: Iterable[SafeString], headers: list[dict[str, Any]]) -> SafeString:
    """The cells of one row, each with its column's name, which stands before it where a row becomes a card."""
    return format_html_join("", "{}", ((_labelled(cell, header),) for cell, header in zip(cells, headers, strict=True)))


def _labelled(cell: SafeString, header: dict[str, Any]) -> SafeString:
    if "action-checkbox" in cell[:40]:
        return cell
    label = format_html(' data-label="{}"', str(header["text"])[:1].upper() + str(header["text"])[1:])
    tag, rest = cell[:3], cell[3:]  # "<td" or "<th", as Django writes a cell
    return mark_safe(tag + label + rest)  # noqa: S308 - both parts are safe already
