"""sound file -> VoiceFile: converted to what carriers take, with a name that they accept."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction

from dialer import audio
from dialer.flow import uploads
from dialer.flow.mistakes import DialerError
from dialer.models import VoiceFile
from dialer.models.preference import house_language


def store(*, name: str, upload: "File[bytes]", by: Any = None) -> VoiceFile:
    """The saved voice file, playable as it came and as carriers take it.

    Raises DialerError with a sentence if the upload is no sound that can be played to people, or is gone meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "converted.mp3"
        try:
            sound = audio.to_carrier_mp3(upload, target)
        except audio.AudioError as error:
            raise DialerError(str(error)) from error
        content = target.read_bytes()
        upload.seek(0)
        voice_file = VoiceFile(
            name=name,
            original_name=Path(upload.name or "sound").name[:255],
            seconds=sound.seconds,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            remarks=_remarks(sound),
            uploaded_by=by,
        )
        with transaction.atomic(), target.open("rb") as converted:
            uploads.spend(upload)
            taken = set(VoiceFile.objects.values_list("carrier_name", flat=True))
            voice_file.carrier_name = audio.carrier_name(name, taken=taken)
            suffix = Path(voice_file.original_name).suffix[:8].lower()
            voice_file.original.save(f"{voice_file.public_key}{suffix}", File(upload), save=False)
            voice_file.converted.save(f"{voice_file.public_key}.mp3", File(converted), save=False)
            voice_file.save()
    return voice_file


@house_language()  # they stand with the file
def _remarks(sound: audio.Sound) -> list[str]:
    return audio.warnings(sound)
