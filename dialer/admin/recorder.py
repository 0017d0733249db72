"""One's own voice, recorded in a form that uploads a sound: what static/dialer/recorder.js says, and its bounds.

Such a form includes admin/dialer/upload/recorder.html, which the script moves into the row of the form's file field.
"""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dialer.audio import VOICE_FILE

# {braces} are filled in by the script.
WORDS: dict[str, str | Promise] = {
    "asking": _("Allow the microphone where the browser asks for it."),
    "recording": _("Recording. Speak now, and stop when you are done."),
    "quiet": _("Nothing is heard so far. Is the microphone switched off, or another one chosen?"),
    "ready": _("Recorded. Listen to it, then use it or take it again."),
    "playing": _("Playing."),
    "used": _("Chosen. It is uploaded and converted with the form."),
    "discarded": _("Discarded."),
    "undecided": _("Use the recording or discard it first."),
    "full": _("That is as long as a message may be, so the recording was stopped. Listen to it."),
    "lost": _("The microphone is gone. What was recorded until then is here: listen to it."),
    "short": _("That was too short. Record at least a second."),
    "silent": _("Nothing was heard. Look whether the microphone is switched on and the right one, then record again."),
    "denied": _("The browser may not use the microphone here. Allow it beside the address, then try again."),
    "missing": _("No microphone was found. Connect one and try again, or upload a sound."),
    "busy": _("The microphone can’t be used. Close other programs that use it, and try again."),
    "insecure": _(
        "Browsers give the microphone only to pages that come by https. Ask whoever runs this console for an address "
        "with https, or upload a sound."
    ),
    "unable": _("This browser can’t record. Use a newer one, or upload a sound."),
    "broken": _("The recording could not begin. Reload the page and try again, or upload a sound."),
    "name": _("Recording {when}"),
}


def recorder_context() -> dict[str, Any]:
    """For the page of such a form."""
    return {
        "recorder_words": {name: str(sentence) for name, sentence in WORDS.items()},
        "recorder_limits": VOICE_FILE,
    }
