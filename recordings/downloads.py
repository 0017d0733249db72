"""Recordings for people who may listen: played with seeking, or downloaded, and each time written down."""

import logging
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from dialer.file_responses import file_response
from dialer.flow.visibility import visible_to
from dialer.models.preference import house_language
from recordings.models import Recording

logger = logging.getLogger(__name__)

DOWNLOADED = gettext_noop("Downloaded it.")
LISTENED = gettext_noop("Listened to it.")
ONE_SITTING = timedelta(hours=1)  # so long after a trace, further pieces count as the same playback


@require_safe
@login_required(login_url="admin:login")
@permission_required("recordings.listen_recording", raise_exception=True)
def listen(request: HttpRequest, recording_id: int) -> HttpResponseBase:
    """The stored file; `?download` makes the browser save it. Who heard it stands in the recording's history."""
    recording = get_object_or_404(
        visible_to(request.user, Recording.objects.select_related("call_record")), pk=recording_id
    )
    if recording.state != Recording.State.STORED:
        raise Http404(gettext("This recording is not kept here."))
    path = Path(recording.file.path)
    if not path.is_file():
        logger.error("the file of recording %s is not where it was kept", recording.pk)
        raise Http404(gettext("This recording is not kept here any more."))
    is_download = "download" in request.GET
    response = file_response(
        request,
        path,
        content_type=recording.content_type,
        filename=path.name,
        as_attachment=is_download,
        etag=recording.sha256,
    )
    response["Cache-Control"] = "private, no-cache"
    if request.method == "GET" and response.status_code in (200, 206, 304):
        is_piece = response.status_code == 206 and not response["Content-Range"].startswith("bytes 0-")
        _leave_trace(request, recording, is_download=is_download, is_piece=is_piece)
    return response


def _leave_trace(request: HttpRequest, recording: Recording, *, is_download: bool, is_piece: bool) -> None:
    """One entry for a playback, not one for each piece that a player asks for; a piece alone leaves one as well."""
    trace = {
        "user": request.user,
        "content_type": ContentType.objects.get_for_model(Recording),
        "object_id": str(recording.pk),
    }
    said = DOWNLOADED if is_download else LISTENED
    lately = LogEntry.objects.filter(**trace, action_time__gt=timezone.now() - ONE_SITTING)
    if is_piece and lately.filter(change_message__in=_in_every_language(said)).exists():
        return
    with house_language():
        LogEntry.objects.create(
            **trace, change_message=gettext(said), object_repr=str(recording)[:200], action_flag=CHANGE
        )


def _in_every_language(sentence: str) -> list[str]:
    """As it may stand in the history, whatever the installation's language was then."""
    found = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.append(gettext(sentence))
    return found
