"""Recordings: audio of calls, kept by us because the carrier forgets it."""

from django.db import models
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.flow.visibility import Belonging, add_rule
from dialer.models import CallRecord, Claimable


class Recording(Claimable):
    """One promised recording, from the promise to the verified file."""

    class State(models.TextChoices):
        DUE = "due", pgettext_lazy("state of a recording", "Due")
        FETCHING = "fetching", pgettext_lazy("state of a recording", "Fetching")
        STORED = "stored", pgettext_lazy("state of a recording", "Stored")
        GONE = "gone", pgettext_lazy("state of a recording", "gone at the carrier")
        LOST = "lost", pgettext_lazy("state of a recording", "lost: deadline passed")

    MOVES = {
        State.DUE: {State.FETCHING, State.LOST},
        State.FETCHING: {State.DUE, State.STORED, State.GONE},
        State.STORED: set(),
        State.GONE: {State.DUE},  # a person may ask again
        State.LOST: {State.DUE},
    }

    call_record = models.OneToOneField(CallRecord, on_delete=models.PROTECT, related_name="recording")
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DUE)
    deadline_at = models.DateTimeField()  # last moment at which the carrier still has it
    due_at = models.DateTimeField()  # next try
    tries = models.PositiveIntegerField(_("tries"), default=0)
    complaint = models.TextField(_("complaint"), blank=True)  # why the last try failed, or what is odd about the file
    file = models.FileField(upload_to="recordings/", blank=True)
    content_type = models.CharField(_("content type"), max_length=60, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(_("sha256"), max_length=64, blank=True)
    seconds = models.FloatField(default=0)
    stored_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        indexes = [models.Index(fields=["state", "deadline_at"], name="recording_by_deadline")]
        permissions = [("listen_recording", gettext_noop("Can play and download recordings"))]

    def __str__(self) -> str:
        return gettext("recording of %(call)s") % {"call": self.call_record}


add_rule(
    "recordings.recording",
    Belonging(account="call_record__account", campaign="call_record__campaign", is_large=True),
)
