"""Call records, accounts, voice files, do-not-call numbers."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from dialer.admin import countries, phone_numbers
from dialer.admin.do_not_call import source_of
from dialer.admin.voice_file import NewVoiceFileForm
from dialer.api import shapes
from dialer.api.doors import found, guard, repeatable, sees_full_numbers, visible
from dialer.api.problems import Wrong
from dialer.api.results import calls, number
from dialer.api.shapes import Asked, Id, Line, Page
from dialer.flow import history, suppression, voice
from dialer.flow.connect import capabilities_of
from dialer.flow.mistakes import DialerError
from dialer.flow.visibility import accounts_of
from dialer.models import Account, CallRecord, DoNotCall, DoNotCallList, VoiceFile
from dialer.models.do_not_call import house_list
from dialer.terms import Disposition, Scope

router = Router()


class CallsAsked(shapes.Reading):
    campaign: Id | None = None
    account: Id | None = None
    disposition: shapes.one_of(*Disposition.values) = ""  # type: ignore[valid-type]
    keypress: Line = ""
    number: Annotated[Line, Field(max_length=80, description="in any spelling")] = ""
    started_from: shapes.AskedMoment | None = None
    started_before: shapes.AskedMoment | None = None


@router.get(
    "/call-records",
    response=Page[shapes.CallOut],
    summary="Calls as they were billed",
    tags=["Numbers and results"],
    **guard(Scope.READ, "dialer.view_callrecord"),
)
def list_call_records(request: HttpRequest, document: Query[CallsAsked]) -> Any:
    """In the order in which they became known. A later bill may still change a call that you have read."""
    rows = visible(request, CallRecord.objects.filter(pk__gt=document.after).select_related("attempt").order_by("pk"))
    equal = document.model_dump(include={"campaign", "account", "disposition", "keypress"})
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if document.number:
        rows = rows.filter(number__in=phone_numbers.readings(document.number))
    if document.started_from:
        rows = rows.filter(started_at__gte=document.started_from)
    if document.started_before:
        rows = rows.filter(started_at__lt=document.started_before)
    rows = rows.defer("raw_callback", "raw_bill")
    is_full = sees_full_numbers(request)
    return shapes.page(request, rows, document, shown=lambda part: calls(part, is_full=is_full))


@router.get(
    "/accounts",
    response=list[shapes.AccountOut],
    summary="Accounts and what their carriers can do",
    tags=["Accounts and voice files"],
    **guard(Scope.READ, "dialer.view_account"),
)
def list_accounts(request: HttpRequest) -> Any:
    return [_account(account) for account in visible(request, Account.objects.order_by("pk"))]


VOICE: dict[str, Any] = {"tags": ["Accounts and voice files"]}
SEE_VOICE = guard(Scope.READ, "dialer.view_voicefile")


@router.get("/voice-files", response=Page[shapes.VoiceFileOut], summary="Voice files", **VOICE, **SEE_VOICE)
def list_voice_files(request: HttpRequest, document: Query[shapes.Reading]) -> Any:
    rows = visible(request, VoiceFile.objects.filter(pk__gt=document.after).order_by("pk"))
    return shapes.page(request, rows, document, shown=lambda part: [_voice(row) for row in part])


@router.get("/voice-files/{voice_file_id}", response=shapes.VoiceFileOut, summary="One of them", **VOICE, **SEE_VOICE)
def get_voice_file(request: HttpRequest, voice_file_id: Id) -> Any:
    return _voice(found(request, VoiceFile.objects.all(), voice_file_id))


class VoiceFileIn(Asked):
    name: Annotated[Line, Field(min_length=1, max_length=80)]


@router.post(
    "/voice-files",
    response={201: shapes.VoiceFileOut},
    summary="Upload a voice file",
    **VOICE,
    **guard(Scope.WRITE, "dialer.add_voicefile"),
)
@repeatable(together=False)
def upload_voice_file(request: HttpRequest, document: Form[VoiceFileIn], file: File[UploadedFile]) -> Any:
    """Any sound; it is converted to what carriers take, and the remarks say how it will sound."""
    form = NewVoiceFileForm({"name": document.name}, MultiValueDict({"original": [file]}))
    if not form.is_valid():
        names = {"original": "file"}
        raise Wrong({names.get(name, name): [str(one) for one in told] for name, told in form.errors.items()})
    try:
        voice_file = voice.store(name=form.cleaned_data["name"], upload=form.cleaned_data["original"], by=request.user)
    except DialerError as error:
        raise Wrong({"file": [str(error)]}) from None
    token = request.auth  # type: ignore[attr-defined]
    history.note(voice_file, lambda: gettext("Uploaded by a program. (%(token)s)") % {"token": token}, by=request.user)
    return Status(201, _voice(voice_file))


DO_NOT_CALL: dict[str, Any] = {"tags": ["Do not call"]}


class NumberAsked(Asked):
    number: Annotated[Line, Field(min_length=1, max_length=80, description="in any spelling")]
    country: shapes.Country


@router.get(
    "/do-not-call",
    response=shapes.DoNotCallOut,
    summary="Is a number on a list?",
    **DO_NOT_CALL,
    **guard(Scope.READ, "dialer.view_donotcall"),
)
def check_do_not_call(request: HttpRequest, document: Query[NumberAsked]) -> Any:
    return _listed(request, _read(document.number, document.country))


@router.post(
    "/do-not-call",
    response={201: shapes.DoNotCallOut},
    summary="Put a number on a list",
    **DO_NOT_CALL,
    **guard(Scope.WRITE, "dialer.add_donotcall"),
)
@repeatable()
def add_do_not_call(request: HttpRequest, document: shapes.DoNotCallIn) -> Any:
    """From now on nobody calls it: also who waits in a batch is taken out before it leaves. May be repeated."""
    read = _read(document.number, document.country)
    on = found(request, DoNotCallList.objects.all(), document.list_id) if document.list_id else None
    if not DoNotCall.objects.filter(number=read, list=on.pk if on else house_list()).exists():
        words = {"reason": document.reason, "source": document.source}
        suppression.add(document.number, country=document.country, to=on, by=request.user, **words)
    return Status(201, _listed(request, read))


def _read(text: str, country: str) -> str:
    if country not in countries.CODES:
        raise Wrong({"country": [gettext("There is no such country.")]})
    try:
        return suppression.read(text, country=country)
    except DialerError as error:
        raise Wrong({"number": [str(error)]}) from None


def _listed(request: HttpRequest, read: str) -> shapes.DoNotCallOut:
    rows = list(visible(request, DoNotCall.objects.filter(number=read).select_related("list").order_by("pk")))
    return shapes.DoNotCallOut(
        number=number(read, is_full=sees_full_numbers(request)),
        is_listed=bool(rows),
        entries=[
            shapes.DoNotCallEntry(
                list_id=row.list_id,
                list_name=row.list.name,
                reason=row.reason,
                source=source_of(row, names_campaigns=accounts_of(request.user) is None),
                added_at=row.added_at,
            )
            for row in rows
        ],
    )


def _account(account: Account) -> shapes.AccountOut:
    can = capabilities_of(account)
    return shapes.AccountOut(
        id=account.pk,
        name=account.name,
        carrier=account.carrier,
        country=account.country,
        is_enabled=account.is_enabled,
        stopped_because=account.stopped_because,
        balance=account.balance_total,
        balance_asked_at=account.balance_asked_at,
        kinds=sorted(kind.value for kind in can.ceilings),
        voice_deliveries=sorted(way.value for way in can.voice_deliveries),
        features=sorted(feature.value for feature in can.features),
        languages=list(can.languages),
    )


def _voice(row: VoiceFile) -> shapes.VoiceFileOut:
    return shapes.VoiceFileOut(
        id=row.pk,
        name=row.name,
        carrier_name=row.carrier_name,
        seconds=row.seconds,
        size_bytes=row.size_bytes,
        remarks=[str(remark) for remark in row.remarks],
        uploaded_at=row.uploaded_at,
    )
