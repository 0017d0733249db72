"""Voice files at unguessable addresses, where carriers fetch them and operators listen."""

import logging
from pathlib import Path

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from dialer.file_responses import file_response
from dialer.models import VoiceFile

logger = logging.getLogger(__name__)


@require_safe
def voice(request: HttpRequest, public_key: str, name: str) -> HttpResponseBase:
    """The converted file, for whoever knows its key: carriers can't log in."""
    voice_file = get_object_or_404(VoiceFile, public_key=public_key, carrier_name=name)
    return file_response(
        request,
        _kept(voice_file.converted),
        content_type="audio/mpeg",
        filename=f"{voice_file.carrier_name}.mp3",
        as_attachment="download" in request.GET,
        etag=voice_file.sha256,
    )


@require_safe
@login_required
@permission_required("dialer.view_voicefile", raise_exception=True)
def original(request: HttpRequest, voice_file_id: int) -> HttpResponseBase:
    """The sound as it was uploaded, for operators."""
    voice_file = get_object_or_404(VoiceFile, pk=voice_file_id)
    return file_response(
        request,
        _kept(voice_file.original),
        content_type="application/octet-stream",
        filename=voice_file.original_name,
        as_attachment="download" in request.GET,
    )


def _kept(file: FieldFile) -> Path:
    """Where the file lies. Raises Http404 if it was lost, which an operator must know before carriers do."""
    path = Path(file.path)
    if not path.is_file():
        logger.error("the voice file %s is not where it was kept", file.name)
        raise Http404(gettext("This voice file is not kept here any more."))
    return path
