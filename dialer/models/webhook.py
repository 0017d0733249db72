"""Webhooks: addresses of other systems that want to hear what happens, and what is to be told to each of them."""

import secrets

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialer.models.claim import Claimable
from dialer.models.secret import EncryptedTextField
from dialer.terms import WebhookKind


def new_webhook_secret() -> str:
    """256 random bits; the prefix tells people and secret scanners what it is."""
    return f"dwh_{secrets.token_urlsafe(32)}"


class Webhook(models.Model):
    """Who is told what. It rests while nobody answers there, and stops when that goes on for days."""

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("Who is told, such as: order system."))
    url = models.CharField(
        _("address"),
        max_length=500,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_("Each event is sent there as a POST request. Use https."),
    )
    kinds = models.JSONField(_("told of"), default=list)  # of terms.WebhookKind
    sends_full_numbers = models.BooleanField(
        _("with full numbers"), default=False, help_text=_("Otherwise phone numbers are masked.")
    )
    team = models.ForeignKey(
        "dialer.Team",
        verbose_name=_("team"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="webhooks",
        help_text=_("It hears only of what this team sees. Empty: of everything."),
    )
    secret = EncryptedTextField(default=new_webhook_secret, editable=False)
    is_enabled = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    rests_until = models.DateTimeField(null=True, editable=False)  # after failures in a row
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    complaint = models.TextField(blank=True, editable=False)  # of the last failure
    stopped_because = models.TextField(blank=True, editable=False)  # it stopped by itself

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Webhook {self.pk}: {self.name}>"


class WebhookDelivery(Claimable):
    """One event for one webhook, written with the fact that it tells. Sent at least once."""

    class State(models.TextChoices):
        DUE = "due", pgettext_lazy("state of an event", "Due")
        SENDING = "sending", pgettext_lazy("state of an event", "Sending")
        DELIVERED = "delivered", pgettext_lazy("state of an event", "Delivered")
        GIVEN_UP = "given_up", pgettext_lazy("state of an event", "given up")

    MOVES = {
        State.DUE: {State.SENDING, State.GIVEN_UP},
        # Back to due also when its process died: the other side knows repeats by the event's id.
        State.SENDING: {State.DELIVERED, State.DUE, State.GIVEN_UP},
        State.DELIVERED: set(),
        State.GIVEN_UP: {State.DUE},  # a person wants it tried again
    }

    webhook = models.ForeignKey(Webhook, verbose_name=_("webhook"), on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.CharField(_("event id"), max_length=80)  # the same however often the fact becomes known
    kind = models.CharField(_("kind"), max_length=20, choices=WebhookKind.choices)
    at = models.DateTimeField()
    content = models.JSONField()  # what is told, as it was then
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DUE)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(_("tries"), default=0)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)  # of the last answer
    complaint = models.TextField(_("complaint"), blank=True)  # why the last try failed
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="one_delivery_per_event_and_webhook"),
        ]
        indexes = [
            models.Index(fields=["webhook", "state", "due_at"], name="webhook_delivery_due"),
            models.Index(fields=["state", "ended_at"], name="webhook_delivery_by_end"),
        ]

    def __str__(self) -> str:
        return self.event_id
