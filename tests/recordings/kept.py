"""Recordings as rows, with a file where one is kept."""

from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from recordings.models import Recording
from tests import factories

SOUND = bytes(range(256)) * 4  # 1,024 bytes of which each quarter is the same and no two neighbours are


def make_recording(**fields: Any) -> Recording:
    """A promise of the carrier that is due; with the state "stored", a file of 1,024 bytes."""
    call_record = fields.pop("call_record", None) or factories.make_call_record()
    call_record.recording_name = call_record.recording_name or "a.mp3"
    call_record.save()
    is_stored = fields.get("state") == Recording.State.STORED
    kept = {
        "file": ContentFile(SOUND, name="sound.mp3"),
        "content_type": "audio/mpeg",
        "size_bytes": len(SOUND),
        "sha256": "f" * 64,
        "seconds": 11.6,
        "stored_at": timezone.now(),
    }
    return Recording.objects.create(
        **{
            "call_record": call_record,
            "deadline_at": timezone.now() + timedelta(days=60),
            "due_at": timezone.now() + timedelta(hours=1),
            **(kept if is_stored else {}),
            **fields,
        }
    )
