"""Exports: what somebody ordered as a spreadsheet, from the order to the file that expires."""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from dialer.models.claim import Claimable
from dialer.terms import ExportForm, ExportKind


def new_key() -> str:
    """256 random bits, safe in an address: nobody finds a file by counting."""
    return secrets.token_urlsafe(32)


class Export(Claimable):
    """One ordered spreadsheet. It is written in turns by the queue and can be fetched by its owner until it expires."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of an export", "Waiting")
        WRITING = "writing", pgettext_lazy("state of an export", "Writing")
        READY = "ready", pgettext_lazy("state of an export", "Ready")
        FAILED = "failed", pgettext_lazy("state of an export", "Failed")
        STOPPED = "stopped", pgettext_lazy("state of an export", "Stopped")
        EXPIRED = "expired", pgettext_lazy("state of an export", "Expired")

    MOVES = {
        State.WAITING: {State.WRITING, State.STOPPED},
        # Back to waiting at the end of a turn, or when the process that wrote it is gone: it is only read again.
        State.WRITING: {State.WAITING, State.READY, State.FAILED, State.STOPPED},
        State.READY: {State.EXPIRED},
        State.FAILED: set(),
        State.STOPPED: set(),
        State.EXPIRED: set(),
    }
    OPEN = (State.WAITING, State.WRITING)

    key = models.CharField(max_length=64, unique=True, default=new_key, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="exports"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ExportKind.choices)
    form = models.CharField(_("kind of file"), max_length=10, choices=ExportForm.choices)
    conditions = models.TextField(blank=True)  # the query of the list whose rows are wanted, as in its address
    about = models.CharField(max_length=200, blank=True)  # the same in words
    shows_full_numbers = models.BooleanField(default=False)
    language = models.CharField(max_length=20, default="en")  # of the one who ordered it

    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    row_count = models.PositiveIntegerField(null=True)  # known when writing begins
    rows_written = models.PositiveIntegerField(default=0)
    written_through = models.JSONField(default=dict, blank=True)  # where the next turn goes on
    tries = models.PositiveIntegerField(default=0)
    remark = models.TextField(blank=True)  # what is odd about the file, or why there is none
    file = models.CharField(max_length=200, blank=True)  # relative to the media folder
    size_bytes = models.PositiveBigIntegerField(default=0)
    ordered_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    fetch_count = models.PositiveIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True)  # the last time
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("export")
        verbose_name_plural = _("downloads")
        default_permissions = ()
        permissions = [("export_contacts", gettext_noop("Can export contacts, call records and rejected rows"))]
        indexes = [models.Index(fields=["state", "expires_at"], name="export_by_state_and_expiry")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.about}" if self.about else self.get_kind_display()


class LoggedExport(Export):
    """An export as others may know of it: that it was made, by whom and when. It gives no file."""

    class Meta:
        proxy = True
        verbose_name = _("export")
        verbose_name_plural = _("export log")
        default_permissions = ("view",)
