"""Webhooks: addresses of other systems that want to hear what happens, and what is to be told to each of them."""

import secrets

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models

from dialer.models.claim import Claimable
from dialer.models.secret import EncryptedTextField
from dialer.terms import WebhookKind


def new_webhook_secret() -> str:
    """256 random bits; the prefix tells people and secret scanners what it is."""
    return f"dwh_{secrets.token_urlsafe(32)}"


class Webhook(models.Model):
    """Who is told what. It rests while nobody answers there, and stops when that goes on for days."""

    name = models.CharField(max_length=80, unique=True, help_text="Who is told, such as: order system.")
    url = models.CharField(
        "address",
        max_length=500,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text="Each event is sent there as a POST request. Use https.",
    )
    kinds = models.JSONField("told of", default=list)  # of terms.WebhookKind
    sends_full_numbers = models.BooleanField(
        "with full numbers", default=False, help_text="Otherwise phone numbers are masked."
    )
    team = models.ForeignKey(
        "dialer.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="webhooks",
        help_text="It hears only of what this team sees. Empty: of everything.",
    )
    secret = EncryptedTextField(default=new_webhook_secret, editable=False)
    is_enabled = models.BooleanField("in use", default=True)
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

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Webhook {self.pk}: {self.name}>"


class WebhookDelivery(Claimable):
    """One event for one webhook, written with the fact that it tells. Sent at least once."""

    class State(models.TextChoices):
        DUE = "due"
        SENDING = "sending"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up", "given up"

    MOVES = {
        State.DUE: {State.SENDING, State.GIVEN_UP},
        # Back to due also when its process died: the other side knows repeats by the event's id.
        State.SENDING: {State.DELIVERED, State.DUE, State.GIVEN_UP},
        State.DELIVERED: set(),
        State.GIVEN_UP: {State.DUE},  # a person wants it tried again
    }

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.CharField(max_length=80)  # the same however often the fact becomes known
    kind = models.CharField(max_length=20, choices=WebhookKind.choices)
    at = models.DateTimeField()
    content = models.JSONField()  # what is told, as it was then
    state = models.CharField(max_length=20, choices=State.choices, default=State.DUE)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField("HTTP status", null=True)  # of the last answer
    complaint = models.TextField(blank=True)  # why the last try failed
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "webhook event"
        verbose_name_plural = "webhook events"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="one_delivery_per_event_and_webhook"),
        ]
        indexes = [
            models.Index(fields=["webhook", "state", "due_at"], name="webhook_delivery_due"),
            models.Index(fields=["state", "ended_at"], name="webhook_delivery_by_end"),
        ]

    def __str__(self) -> str:
        return self.event_id
