"""How values look in lists and on pages: one function for each kind of value."""

from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer import figures, phone
from dialer.admin import clock
from dialer.figures import count

NOTHING = "–"

# Requests to carriers by what they were for, as carriers' files call them and exchanges keep it.
PURPOSES = {
    "balance": _("balance"),
    "batch by its name": _("batch by its name"),
    "bills": _("bills"),
    "delete a voice file": _("delete a voice file"),
    "launch": _("launch"),
    "log out": _("log out"),
    "login": _("login"),
    "recording": _("recording"),
    "recording link": _("recording link"),
    "state of a batch": _("state of a batch"),
    "take a batch back": _("take a batch back"),
    "upload a voice file": _("upload a voice file"),
    "voice files": _("voice files"),
}


def state_badge(text: object, kind: str) -> SafeString:
    """A word with the colour of its state. `kind` is the stored word, such as "running"; console.css knows them."""
    return format_html('<span class="state state-{}">{}</span>', kind.replace("_", "-"), capfirst(str(text)))


def when(moment: datetime | None) -> SafeString | str:
    """A moment in the console's time zone; the hover names the zone, `datetime` holds it for machines."""
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
        clock.moment(moment),
    )


def progress_bar(part: int, whole: int) -> SafeString | str:
    """How far: a bar, the share, and both counts. Nothing to do yet is no bar."""
    if not whole:
        return NOTHING
    return format_html(
        '<span class="progress"><progress max="{}" value="{}">{}</progress>'
        '<span class="progress-share">{}</span> <span class="progress-counts">{} / {}</span></span>',
        whole,
        part,
        share(part, whole),
        share(part, whole),
        count(part),
        count(whole),
    )


def share(part: int, whole: int) -> str:
    """A percentage, rounded down so that 100% means all of it; of nothing there is none."""
    return figures.share(part, whole) if whole else NOTHING


def number(text: str, *, is_full: bool) -> SafeString | str:
    """A phone number in figures of equal width; masked unless the one who looks may see it in full."""
    if not text:
        return NOTHING
    return format_html('<span class="number">{}</span>', phone.display(text) if is_full else phone.masked(text))


def purpose(word: str) -> str:
    """What a request to a carrier was for."""
    return str(PURPOSES.get(word, word))


def cut(text: object) -> SafeString:
    """Text in one line of a row, cut where the room ends; whole in the hover."""
    return format_html('<span class="cut" title="{}">{}</span>', text, text)


def file_size(size_bytes: int) -> str:
    return filesizeformat(size_bytes) if size_bytes else NOTHING


def duration(seconds: float | None) -> str:
    """Minutes and seconds as on a telephone, hours only if there are any: 0:07, 12:05, 1:02:03."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def copyable(text: str) -> SafeString | str:
    """Text in fixed-width letters with a button that copies it."""
    if not text:
        return NOTHING
    return format_html(
        '<span class="copyable"><code>{}</code><button type="button" class="copy" data-copy="{}">{}</button></span>',
        text,
        text,
        gettext("Copy"),
    )
