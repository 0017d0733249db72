"""Uploads in pieces: the doors to which static/dialer/upload.js sends them, and the forms that take a whole one.

A form that takes files so has `data-upload data-pieces="…"` (see `pieces_of`), includes
admin/dialer/upload/waiting.html, and its view calls `bring` before it reads `request.FILES`.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    UnreadablePostError,
)
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin.doors import ORDER
from dialer.flow import uploads
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, PendingUpload
from dialer.terms import UploadPurpose

KEY = "upload_key"  # the field by which a form names the whole upload in the place of a file
PERMISSIONS = {
    UploadPurpose.CONTACT_LIST: "dialer.change_campaign",
    UploadPurpose.DO_NOT_CALL: "dialer.add_donotcall",
    UploadPurpose.VOICE_FILE: "dialer.add_voicefile",
}
# What becomes of these is kept with the upload's end, so until then it can be taken back.
CAN_BE_TAKEN_BACK = {UploadPurpose.CONTACT_LIST, UploadPurpose.VOICE_FILE}
LARGEST_CHECKSUM = 2**32 - 1

# What upload.js and drop.js say. {braces} are filled in by them.
WORDS: dict[str, str | Promise] = {
    "begins": _("Looking at the file…"),
    "progress": _("{done} of {total} MB"),
    "rate": _("{rate} MB/s"),
    "seconds": _("{count} s left"),
    "minutes": _("{count} min left"),
    "percent": _("{percent} uploaded"),
    "paused": _("Paused at {done} of {total} MB."),
    "offline": _("No connection. Trying again in {count} s; nothing is lost."),
    "again": _("Trying again…"),
    "whole": _("Uploaded. The server is looking at it; you may leave this page and come back."),
    "unheard": _("No answer came. Load the page again to see what became of it."),
    "other": _("This is another file than the one that was begun, so it starts from the beginning."),
    "resumed": _("Goes on at {done} of {total} MB."),
    "removed": _("Removed. Nothing was saved."),
    "gone": _("This upload was finished or removed meanwhile. Load the page again."),
    "login": _("You are not logged in any more. Log in on another tab, then go on here."),
    "forbidden": _("You may not upload here any more."),
    "damaged": _("The file could not be sent without damage. Was it changed meanwhile? Choose it again."),
    "unreadable": _("The browser can’t read the file any more. Was it moved or changed? Choose it again."),
    "pause": _("Pause"),
    "resume": _("Go on"),
    "cancel": _("Cancel upload"),
    "bar": _("Upload of {name}"),
    "drop": _("Or drop the file here."),
    "drop_now": _("Let go, and this file is taken."),
    "drop_chosen": _("Chosen: {name}, {size}."),
    "drop_many": _("One file at a time, please. Nothing was taken."),
    "drop_folder": _("This is a folder. Open it and drop the file itself; nothing was taken."),
    "drop_nothing": _("No file came. Save it on this device first, then drop it here or choose it."),
    "drop_busy": _("An upload is under way. Wait for its end, or cancel it first."),
}


class BeginForm(forms.Form):
    """Which file is to come, and for what."""

    purpose = forms.TypedChoiceField(choices=UploadPurpose.choices, coerce=UploadPurpose)
    campaign = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    name = forms.CharField(max_length=1000)
    size = forms.IntegerField(min_value=0, max_value=2**50)
    first_checksum = forms.IntegerField(min_value=0, max_value=LARGEST_CHECKSUM)


class PieceForm(forms.Form):
    offset = forms.IntegerField(min_value=0, max_value=2**50)
    checksum = forms.IntegerField(min_value=0, max_value=LARGEST_CHECKSUM)


def routes(site: AdminSite) -> list[URLPattern]:
    """The doors. Each takes orders of people who are logged in, and knows only their own uploads."""

    def door(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        def enter(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return view(site, request, **kwargs) if request.method in ORDER else HttpResponseNotAllowed(ORDER)

        return site.admin_view(enter)

    return [
        path("uploads/", door(_begin), name="upload_begin"),
        path("uploads/<str:key>/piece/", door(_piece), name="upload_piece"),
        path("uploads/<str:key>/remove/", door(_remove), name="upload_remove"),
    ]


def pieces_of(request: HttpRequest, purpose: UploadPurpose, *, campaign: Campaign | None = None) -> dict[str, Any]:
    """What a page with such a form shows: where pieces go, and what this person has not finished here and elsewhere."""
    mine = list(uploads.of(request.user).select_related("campaign"))
    here = [upload for upload in mine if upload.purpose == purpose and upload.campaign == campaign]
    return {
        "upload_url": reverse("admin:upload_begin"),
        "upload_purpose": purpose.value,
        "upload_can_be_taken_back": purpose in CAN_BE_TAKEN_BACK,
        "upload_campaign": campaign,
        "upload_words": {name: str(sentence) for name, sentence in WORDS.items()},
        "uploads_here": here,
        "uploads_elsewhere": [(upload, _page(upload)) for upload in mine if upload not in here],
    }


def bring(
    request: HttpRequest,
    purpose: UploadPurpose,
    *,
    field: str = "file",
    campaign: Campaign | None = None,
    is_spent_later: bool = False,
) -> None:
    """If a form names a whole upload, its file is in `request.FILES` as if it had come with the form.

    With `is_spent_later` the verb that takes the file spends it (`uploads.spend`) with what it keeps; else it is spent
    now, so at most once. A message says why there is none.
    """
    key = request.POST.get(KEY)
    if not key:
        return
    try:
        file = uploads.take(key, request.user, purpose, campaign=campaign)
        request.FILES[field] = file  # closed with the request, like the others
        if not is_spent_later:
            uploads.spend(file)
    except DialerError as error:
        messages.error(request, str(error))


def forget(file: Any) -> None:
    """A file that was refused is not kept, however it came."""
    if isinstance(file, uploads.KeptUpload):
        uploads.remove(file.upload)


def _begin(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    form = BeginForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"sentence": gettext("This is no file that can be uploaded.")}, status=400)
    said = form.cleaned_data
    if not request.user.has_perm(PERMISSIONS[said["purpose"]]):
        raise PermissionDenied
    campaign = _campaign(site, request, said["purpose"], said["campaign"])
    if campaign is not None and campaign.state != Campaign.State.DRAFT:
        return _refusal(gettext("Numbers can be added to drafts only. Copy the campaign to call more people."))
    try:
        upload = uploads.begin(
            request.user,
            said["purpose"],
            name=said["name"],
            size_bytes=said["size"],
            first_checksum=said["first_checksum"],
            campaign=campaign,
        )
    except DialerError as error:
        return _refusal(str(error))
    return _standing(upload)


def _campaign(site: AdminSite, request: HttpRequest, purpose: UploadPurpose, pk: int | None) -> Campaign | None:
    """The campaign of a contact list, which the user must see. Raises Http404."""
    if purpose != UploadPurpose.CONTACT_LIST:
        return None
    campaign = site.get_model_admin(Campaign).get_queryset(request).filter(pk=pk).first()
    if campaign is None:
        raise Http404
    return campaign


def _piece(site: AdminSite, request: HttpRequest, key: str) -> HttpResponseBase:
    upload = _own(request, key)
    form = PieceForm(
        {"offset": request.headers.get("Upload-Offset"), "checksum": request.headers.get("Upload-Checksum")}
    )
    try:
        piece = request.read(uploads.PIECE_BYTES + 1)
    except UnreadablePostError:  # the connection broke: nobody reads the answer
        return HttpResponse(status=400)
    if not form.is_valid() or len(piece) > uploads.PIECE_BYTES:
        return HttpResponse(status=400)
    try:
        now = uploads.receive(upload, piece, **form.cleaned_data)
    except uploads.Damaged:
        return _standing(upload, status=409)
    except DialerError as error:
        return _refusal(str(error))
    if now is None:
        raise Http404
    return _standing(now)


def _remove(site: AdminSite, request: HttpRequest, key: str) -> HttpResponseBase:
    """For the script, and for the button of a page, to which it leads back."""
    upload = _own(request, key)
    if not uploads.remove(upload):
        raise Http404
    if request.headers.get("X-Requested-With"):
        return HttpResponse(status=204)
    messages.success(request, gettext("Removed the upload of “%(file)s”.") % {"file": upload})
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(page if is_ours else _page(upload))


def _own(request: HttpRequest, key: str) -> PendingUpload:
    upload = uploads.of(request.user).filter(key=key).first()
    if upload is None:
        raise Http404
    if not request.user.has_perm(PERMISSIONS[UploadPurpose(upload.purpose)]):
        raise PermissionDenied
    return upload


def _standing(upload: PendingUpload, *, status: int = 200) -> JsonResponse:
    """How far an upload is, for the script."""
    standing = {
        "key": upload.key,
        "received": upload.received_bytes,
        "checksum": upload.checksum,
        "piece_bytes": uploads.PIECE_BYTES,
        "piece_url": reverse("admin:upload_piece", args=[upload.key]),
        "remove_url": reverse("admin:upload_remove", args=[upload.key]),
    }
    return JsonResponse(standing, status=status)


def _refusal(sentence: str) -> JsonResponse:
    return JsonResponse({"sentence": sentence}, status=422)


def _page(upload: PendingUpload) -> str:
    """The page on which the upload goes on."""
    if upload.campaign_id is not None:
        return reverse("admin:dialer_campaign_numbers", args=[upload.campaign_id])
    is_voice = upload.purpose == UploadPurpose.VOICE_FILE
    return reverse("admin:dialer_voicefile_add" if is_voice else "admin:dialer_donotcall_upload")
