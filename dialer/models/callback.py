"""The inbox: raw pushes of carriers, stored before they are understood."""

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.claim import Claimable


class Callback(Claimable):
    """One push, exactly as it came. Equal bodies are one row that counts."""

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("state of a callback", "Received")
        APPLIED = "applied", pgettext_lazy("state of a callback", "Applied")
        UNREADABLE = "unreadable", pgettext_lazy("state of a callback", "Unreadable")

    MOVES = {
        State.RECEIVED: {State.APPLIED, State.UNREADABLE},
        State.UNREADABLE: {State.RECEIVED},  # after a fix it is tried again
        State.APPLIED: set(),
    }

    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="callbacks")
    kind = models.CharField(_("kind"), max_length=20)
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    source = models.GenericIPAddressField(pgettext_lazy("address", "source"), null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    times_received = models.PositiveIntegerField(_("times received"), default=1)
    last_received_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.RECEIVED)
    was_repaired = models.BooleanField(default=False)
    complaint = models.TextField(_("complaint"), blank=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "sha256"], name="one_callback_per_body"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="callback_by_state"),
            # As lists show them: the newest first, of an account, of a state.
            models.Index(fields=["received_at", "state", "account"], name="callback_by_time"),
            models.Index(fields=["state", "received_at", "account"], name="callback_of_state"),
            models.Index(fields=["account", "received_at", "state"], name="callback_of_account"),
        ]

    def __str__(self) -> str:
        return gettext("callback %(id)s") % {"id": self.pk}


class TurnedAway(models.Model):
    """A counted trace of pushes with a wrong secret or from a foreign address, one row a day and source."""

    class Reason(models.TextChoices):
        SECRET = "secret", _("wrong secret address")
        SOURCE = "source", _("address not allowed")

    on = models.DateField(pgettext_lazy("day", "on"))
    source = models.GenericIPAddressField(pgettext_lazy("address", "source"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    count = models.PositiveIntegerField(pgettext_lazy("how often", "count"), default=1)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at"]
        verbose_name = _("callback turned away")
        verbose_name_plural = _("callbacks turned away")
        constraints = [
            models.UniqueConstraint(fields=["on", "source", "reason"], name="one_trace_per_day_and_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.on}"
