"""What each carrier can do, side by side: made from the capabilities, so it is never out of date."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer.carriers import CAPABILITIES
from dialer.carriers.contract import BILLS, EXTENSIONS, Capabilities
from dialer.figures import count
from dialer.terms import CampaignKind, CarrierName, Feature, VoiceDelivery

CALLBACKS: Mapping[str, object] = {
    BILLS: _("tells of each call by callback"),
    EXTENSIONS: _("tells of extensions by callback"),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One carrier's answer: yes or no, and what there is to say beside it; None if it is neither."""

    is_yes: bool | None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that a carrier may do, with a cell for each carrier."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All carriers, and all that they may do."""

    carriers: tuple[str, ...]
    parts: tuple[Part, ...]


def matrix(*, country_name: Callable[[str], str] = str) -> Matrix:
    """What the carriers say of themselves; asks nobody. `country_name` of an ISO 3166 code."""
    return Matrix(
        carriers=tuple(str(CarrierName(name).label) for name in CAPABILITIES),
        parts=(
            Part(title=gettext("Campaigns"), rows=tuple(_row(kind.label, _ceiling(kind)) for kind in CampaignKind)),
            Part(title=gettext("The message"), rows=tuple(_voice_rows())),
            Part(title=gettext("Services"), rows=tuple(_row(feature.label, _has(feature)) for feature in Feature)),
            Part(title=gettext("What comes back"), rows=tuple(_news_rows())),
            Part(title=gettext("Countries"), rows=tuple(_country_rows(country_name))),
        ),
    )


def as_markdown(found: Matrix) -> str:
    """The matrix as tables, one for each part."""
    lines = [
        "# What the carriers can do",
        "",
        "Made by `python manage.py feature_matrix` from the capabilities in `dialer/carriers/`; a test fails when it",
        "is out of date. The console shows the same under *Set up*.",
    ]
    for part in found.parts:
        lines += ["", f"## {part.title}", "", _line(["", *found.carriers]), "|---" * (len(found.carriers) + 1) + "|"]
        lines += [_line([row.label, *map(_in_words, row.cells)]) for row in part.rows]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _in_words(cell: Cell) -> str:
    mark = {True: "✓ yes", False: "– no", None: ""}[cell.is_yes]
    return ", ".join(part for part in (mark, cell.words) if part)


def _row(label: object, answer: Callable[[Capabilities], Cell]) -> Row:
    return Row(label=str(label), cells=tuple(answer(can) for can in CAPABILITIES.values()))


def _has(feature: Feature) -> Callable[[Capabilities], Cell]:
    return lambda can: Cell(is_yes=feature in can.features)


def _ceiling(kind: CampaignKind) -> Callable[[Capabilities], Cell]:
    def cell(can: Capabilities) -> Cell:
        if kind not in can.ceilings:
            return Cell(is_yes=False)
        ceiling = can.ceilings[kind]
        return Cell(is_yes=True, words=_per_request(ceiling))

    return cell


def _per_request(most: int) -> str:
    return gettext("%(count)s numbers in a request") % {"count": count(most)} if most > 1 else gettext("one by one")


def _voice_rows() -> Iterator[Row]:
    for delivery in VoiceDelivery:
        yield _row(delivery.label, _takes(delivery))
    yield _row(_("languages in which it speaks a text"), lambda can: _counted(can.languages))


def _takes(delivery: VoiceDelivery) -> Callable[[Capabilities], Cell]:
    return lambda can: Cell(is_yes=delivery in can.voice_deliveries)


def _counted(names: tuple[str, ...]) -> Cell:
    return Cell(is_yes=bool(names), words=f"{len(names)}: {', '.join(names)}" if names else "")


def _news_rows() -> Iterator[Row]:
    for kind, label in CALLBACKS.items():
        yield _row(label, _calls_back(kind))
    yield _row(_("keeps recordings"), _keeps)


def _calls_back(kind: str) -> Callable[[Capabilities], Cell]:
    return lambda can: Cell(is_yes=kind in can.call_back_kinds)


def _keeps(can: Capabilities) -> Cell:
    days = can.keeps_recordings_days
    if days is None:
        return Cell(is_yes=None, words=gettext("it does not say how long"))
    return Cell(is_yes=None, words=ngettext("%(count)s day", "%(count)s days", days) % {"count": count(days)})


def _country_rows(country_name: Callable[[str], str]) -> Iterator[Row]:
    codes = {code for can in CAPABILITIES.values() for code in can.countries}
    for name, code in sorted((country_name(code), code) for code in codes):
        yield _row(name, _serves(code))


def _serves(code: str) -> Callable[[Capabilities], Cell]:
    return lambda can: Cell(is_yes=code in can.countries)
