"""Recordings for people who may listen: played with seeking, or downloaded."""

from pathlib import Path

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from dialer.file_responses import file_response
from recordings.models import Recording


@require_safe
@login_required
@permission_required("recordings.listen_recording", raise_exception=True)
def listen(request: HttpRequest, recording_id: int) -> HttpResponseBase:
    """The stored file; `?download` makes the browser save it."""
    recording = get_object_or_404(Recording.objects.select_related("call_record"), pk=recording_id)
    if recording.state != Recording.State.STORED:
        raise Http404("This recording is not kept here.")
    response = file_response(
        request,
        Path(recording.file.path),
        content_type=recording.content_type,
        filename=Path(recording.file.name).name,
        as_attachment="download" in request.GET,
        etag=recording.sha256,
    )
    response["Cache-Control"] = "private, no-cache"
    return response
