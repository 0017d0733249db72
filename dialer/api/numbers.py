"""Lists of numbers: handed in as JSON or as a file, and what became of each row."""

from typing import Annotated, Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from dialer import tasks
from dialer.admin.row_texts import takes_texts
from dialer.api import shapes
from dialer.api.doors import found, guard, repeatable, sees_full_numbers, visible
from dialer.api.problems import Wrong
from dialer.api.results import results
from dialer.api.shapes import Asked, Id, Line, Page
from dialer.flow import handed_in, history
from dialer.models import Campaign, Contact, ContactList
from dialer.terms import Scope, SkipReason

router = Router(tags=["Numbers and results"])

LOOK = guard(Scope.READ, "dialer.view_campaign")
ADD = guard(Scope.WRITE, "dialer.change_campaign")
SEE = guard(Scope.READ, "dialer.view_contact")

LAST_COLUMN = 20_000
NO_TEXTS = gettext_noop("No carrier of this campaign is told texts of each person. Leave them out.")
Column = Annotated[int, Field(ge=1, le=LAST_COLUMN)]


class HowToRead(Asked):
    """Columns count from 1. What is not said is guessed, as in the console."""

    number_column: Column | None = None
    text_columns: Annotated[Line, Field(max_length=100, description="of text 1, 2, …, such as 3,,5; empty: none")] = ""
    sheet: Annotated[Line, Field(max_length=255)] = ""
    encoding: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,40}$")] = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    has_header: bool | None = None


@router.post("/{campaign_id}/numbers", response={201: shapes.ListOut}, summary="Add numbers", **ADD)
@repeatable(together=False)
def add_numbers(request: HttpRequest, campaign_id: Id, document: shapes.NumbersIn) -> Any:
    """Kept as a list of its own, and read in the background: ask for the list until it is `ready`. Every row gets a
    fate. The first number stands in row 2 of the list, below the heading."""
    campaign = _draft(request, campaign_id)
    if any(one.texts for one in document.numbers) and not takes_texts(campaign):
        raise Wrong({"numbers": [gettext(NO_TEXTS)]})
    people = [(one.number, one.texts) for one in document.numbers]
    return _added(request, campaign, handed_in.take(campaign, people, name=document.name, by=request.user))


@router.post("/{campaign_id}/lists", response={201: shapes.ListOut}, summary="Upload a list", **ADD)
@repeatable(together=False)
def upload_list(request: HttpRequest, campaign_id: Id, document: Form[HowToRead], file: File[UploadedFile]) -> Any:
    """xlsx, xls, ods, csv or txt. Read in the background: ask for the list until it is `ready`."""
    campaign = _draft(request, campaign_id)
    columns = _columns(document.text_columns)
    if any(columns) and not takes_texts(campaign):
        raise Wrong({"text_columns": [gettext(NO_TEXTS)]})
    choices = {name: value for name in ("sheet", "encoding", "delimiter") if (value := getattr(document, name))}
    if document.has_header is not None:
        choices["has_header"] = document.has_header
    contact_list = handed_in.take_file(
        campaign,
        file,
        number_column=document.number_column - 1 if document.number_column else None,
        text_columns=columns,
        by=request.user,
        **choices,
    )
    return _added(request, campaign, contact_list)


@router.get("/{campaign_id}/lists", response=Page[shapes.ListOut], summary="Lists of a campaign", **LOOK)
def list_lists(request: HttpRequest, campaign_id: Id, document: Query[shapes.Reading]) -> Any:
    campaign = found(request, Campaign.objects.all(), campaign_id)
    rows = campaign.contact_lists.filter(pk__gt=document.after).order_by("pk")
    return shapes.page(request, rows, document, shown=_shown)


@router.get("/{campaign_id}/lists/{list_id}", response=shapes.ListOut, summary="Progress and fates of a list", **LOOK)
def get_list(request: HttpRequest, campaign_id: Id, list_id: Id) -> Any:
    campaign = found(request, Campaign.objects.all(), campaign_id)
    return _shown([found(request, campaign.contact_lists.all(), list_id)])[0]


class ResultsAsked(shapes.Reading):
    list_id: Id | None = None
    # “none”: only rows that are called
    skip_reason: shapes.one_of("none", *SkipReason.values) | None = None  # type: ignore[valid-type]


@router.get("/{campaign_id}/results", response=Page[shapes.ResultOut], summary="What became of each row", **SEE)
def list_results(request: HttpRequest, campaign_id: Id, document: Query[ResultsAsked]) -> Any:
    """In the order of the rows."""
    campaign = found(request, Campaign.objects.all(), campaign_id)
    rows = visible(request, Contact.objects.filter(campaign=campaign, pk__gt=document.after).order_by("pk"))
    if document.list_id is not None:
        rows = rows.filter(contact_list=document.list_id)
    if document.skip_reason is not None:
        rows = rows.filter(skip_reason="" if document.skip_reason == "none" else document.skip_reason)
    is_full = sees_full_numbers(request)
    return shapes.page(request, rows, document, shown=lambda part: results(campaign, part, is_full=is_full))


def _draft(request: HttpRequest, pk: int) -> Campaign:
    return found(request, Campaign.objects.select_related("account"), pk)


def _columns(text: str) -> list[int | None]:
    """“3,,5” -> the columns of text 1, 2, 3, from 0. Raises Wrong."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if any(part and not (part.isdecimal() and len(part) < 6 and 0 < int(part) <= LAST_COLUMN) for part in parts):
        raise Wrong({"text_columns": [gettext("Numbers of columns with commas between them, such as 3,,5.")]})
    return [int(part) - 1 if part else None for part in parts]


def _added(request: HttpRequest, campaign: Campaign, contact_list: ContactList) -> Any:
    names = {"list": contact_list, "token": request.auth}  # type: ignore[attr-defined]
    history.note(campaign, lambda: gettext("Handed in “%(list)s”. (%(token)s)") % names, by=request.user)
    tasks.ring("intake")
    return Status(201, _shown([contact_list])[0])


def _shown(lists: list[ContactList]) -> list[shapes.ListOut]:
    counts: dict[int, dict[str, int]] = {}
    rows = Contact.objects.filter(contact_list__in=lists).order_by().values_list("contact_list", "skip_reason")
    for pk, reason, count in rows.annotate(count=Count("pk")):
        counts.setdefault(pk, {})[reason] = count
    return [_one(contact_list, counts.get(contact_list.pk, {})) for contact_list in lists]


def _one(contact_list: ContactList, counts: dict[str, int]) -> shapes.ListOut:
    column = contact_list.number_column
    return shapes.ListOut(
        id=contact_list.pk,
        campaign=contact_list.campaign_id,
        name=contact_list.original_name,
        state=contact_list.state,
        complaint=contact_list.complaint,
        row_count=contact_list.row_count,
        rows_read=contact_list.rows_read,
        to_call=counts.get("", 0),
        skipped=[shapes.Skipped(reason=one.value, count=counts[one]) for one in SkipReason if one in counts],
        sheet=contact_list.sheet,
        number_column=None if column is None else column + 1,
        text_columns=[None if place is None else place + 1 for place in contact_list.text_columns],
        uploaded_at=contact_list.uploaded_at,
        read_at=contact_list.read_at,
    )
