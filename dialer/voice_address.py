"""Voice files at unguessable addresses, where carriers fetch them and operators listen."""

from pathlib import Path

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from dialer.file_responses import file_response
from dialer.models import VoiceFile


@require_safe
def voice(request: HttpRequest, public_key: str, name: str) -> HttpResponseBase:
    """The converted file, for whoever knows its key: carriers can't log in."""
    voice_file = get_object_or_404(VoiceFile, public_key=public_key, carrier_name=name)
    return file_response(
        request,
        Path(voice_file.converted.path),
        content_type="audio/mpeg",
        filename=f"{voice_file.carrier_name}.mp3",
        as_attachment="download" in request.GET,
        etag=voice_file.sha256,
    )


@require_safe
@permission_required("dialer.view_voicefile", raise_exception=True)
def original(request: HttpRequest, voice_file_id: int) -> HttpResponseBase:
    """The sound as it was uploaded, for operators."""
    voice_file = get_object_or_404(VoiceFile, pk=voice_file_id)
    return file_response(
        request,
        Path(voice_file.original.path),
        content_type="application/octet-stream",
        filename=voice_file.original_name,
        as_attachment="download" in request.GET,
    )
