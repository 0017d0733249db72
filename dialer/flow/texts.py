"""Texts of rows: what `${text1}` in an SMS or a spoken text stands for, who lacks one, and how long an SMS gets."""

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Length

from dialer.models import Campaign, Contact
from dialer.terms import VoiceDelivery

MOST_TEXTS: Final = 10  # of one row; Laaffic's page on group calls
CARRIER_CHARACTERS: Final = 30  # what is longer is cut by the carrier; the same page

# One SMS, and each part of a longer one: GSM 03.38 in septets, UCS-2 in 16-bit units; 3GPP TS 23.040.
GSM_UNITS: Final = (160, 153)
UCS_UNITS: Final = (70, 67)
GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE: Final = frozenset("\f^{}\\[~]|€")  # two septets each

_TEXT: Final = re.compile(r"\$\{text([1-9]|10)\}")
_ANYTHING: Final = re.compile(r"\$\{[^{}$]*\}?")


@dataclass(frozen=True, kw_only=True)
class SmsLength:
    """How long an SMS is: characters as people count them, and parts as the network does."""

    characters: int
    parts: int
    is_gsm: bool  # 160 letters fit into one; else 70


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a filled template."""

    text: str
    is_missing: bool = False  # the name of a text that the row lacks


def fill(template: str, texts: Sequence[str | None]) -> str:
    """The template with the row's texts in the place of `${text1}`, …, as the carrier says it: cut to what it takes.

    What the row lacks stays as it is written.
    """
    return "".join(piece.text for piece in pieces(template, texts))


def pieces(template: str, texts: Sequence[str | None]) -> list[Piece]:
    """The filled template, part by part."""
    found, end = [], 0
    for match in _TEXT.finditer(template):
        text = _text(texts, int(match[1]))[:CARRIER_CHARACTERS]
        found += [Piece(text=template[end : match.start()]), Piece(text=text or match[0], is_missing=not text)]
        end = match.end()
    return [*found, Piece(text=template[end:])]


def tidy(template: str) -> str:
    """As it is stored and sent: browsers end a line with two signs, of which each would count."""
    return template.replace("\r\n", "\n").strip()


def used(template: str) -> set[int]:
    """Numbers of the texts that the template uses: 1 to 10."""
    return {int(number) for number in _TEXT.findall(template)}


def missing(template: str, texts: Sequence[str | None]) -> set[int]:
    """Numbers of the texts that the template uses and the row lacks."""
    return {number for number in used(template) if not _text(texts, number)}


def unknown(template: str) -> list[str]:
    """What looks like `${text1}` and stands for nothing, in its order, each once."""
    return list(dict.fromkeys(part for part in _ANYTHING.findall(template) if not _TEXT.fullmatch(part)))


def sms_length(text: str) -> SmsLength:
    """The length of an SMS with this very text. An empty one has no part."""
    is_gsm = GSM_BASIC.union(GSM_DOUBLE).issuperset(text)
    if is_gsm:
        units, (single, several) = len(text) + sum(letter in GSM_DOUBLE for letter in text), GSM_UNITS
    else:
        units, (single, several) = len(text.encode("utf-16-le")) // 2, UCS_UNITS
    parts = min(units, 1) if units <= single else math.ceil(units / several)
    return SmsLength(characters=len(text), parts=parts, is_gsm=is_gsm)


def used_by(campaign: Campaign) -> set[int]:
    """Numbers of the texts that the campaign's SMS and its spoken text use."""
    return used(campaign.sms_text) | (used(campaign.speech_text) if _is_spoken(campaign) else set())


def lacking(campaign: Campaign, numbers: Collection[int] | None = None) -> QuerySet[Contact]:
    """Contacts to be called that lack a text: one that the campaign uses, or one of these numbers."""
    numbers = used_by(campaign) if numbers is None else numbers
    people = _to_be_called(campaign)
    if not numbers:
        return people.none()
    lacks = Q(texts__isnull=True)
    for place in (number - 1 for number in numbers):
        lacks |= Q(**{f"texts__{place}__isnull": True}) | Q(**{f"texts__{place}": None}) | Q(**{f"texts__{place}": ""})
    return people.filter(lacks)


def too_long_count(campaign: Campaign, numbers: Collection[int] | None = None) -> int:
    """How many contacts to be called have a used text that the carrier cuts."""
    numbers = used_by(campaign) if numbers is None else numbers
    if not numbers:
        return 0
    lengths = {f"length_{number}": Length(KeyTextTransform(number - 1, "texts")) for number in numbers}
    is_long = Q()
    for name in lengths:
        is_long |= Q(**{f"{name}__gt": CARRIER_CHARACTERS})
    return _to_be_called(campaign).filter(texts__isnull=False).annotate(**lengths).filter(is_long).count()


def kept(cells: Sequence[str], columns: Sequence[int | None], *, longest: int) -> Iterator[str]:
    """The texts of a row with these cells: stripped, each of at most so many characters, "" where it has none."""
    for column in columns:
        cell = cells[column] if column is not None and column < len(cells) else ""
        yield cell.strip()[:longest]


def _to_be_called(campaign: Campaign) -> QuerySet[Contact]:
    return campaign.contacts.filter(skip_reason="")


def _is_spoken(campaign: Campaign) -> bool:
    if campaign.voice_delivery == VoiceDelivery.SPOKEN_TEXT:
        return True
    return bool(campaign.pk) and campaign.routes.filter(voice_delivery=VoiceDelivery.SPOKEN_TEXT).exists()


def _text(texts: Sequence[str | None], number: int) -> str:
    return (texts[number - 1] or "").strip() if number <= len(texts) else ""
