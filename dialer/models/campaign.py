"""A campaign: one announcement to many contacts with one account."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models

from dialer.models.account import Account
from dialer.models.voice_file import VoiceFile
from dialer.terms import VoiceDelivery


class Campaign(models.Model):
    """Who is told what, with which account, and how far it has come."""

    class State(models.TextChoices):
        DRAFT = "draft"
        RUNNING = "running"
        PAUSED = "paused"
        FINISHED = "finished"
        CANCELLED = "cancelled"

    MOVES = {
        State.DRAFT: {State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.PAUSED, State.FINISHED, State.CANCELLED},
        State.PAUSED: {State.RUNNING, State.CANCELLED},
        State.FINISHED: set(),
        State.CANCELLED: set(),
    }

    name = models.CharField(max_length=64, unique=True, validators=[MinLengthValidator(2)])
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="campaigns")
    voice_file = models.ForeignKey(VoiceFile, on_delete=models.PROTECT, related_name="campaigns")
    voice_delivery = models.CharField(
        "voice file reaches the carrier",
        max_length=20,
        choices=VoiceDelivery.choices,
        default=VoiceDelivery.CARRIER_FILE,
    )
    wants_keypress = models.BooleanField(
        "collect key presses", default=False, help_text="Note which key the person presses."
    )
    caller_id = models.CharField(
        "caller ID",
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\d*$", "Digits only.")],
        help_text="Empty: that of the account.",
    )
    ring_seconds = models.PositiveSmallIntegerField(
        "let it ring for (seconds)",
        default=60,
        validators=[MinValueValidator(20), MaxValueValidator(120)],
    )
    max_call_seconds = models.PositiveSmallIntegerField(
        "end the call after (seconds)",
        default=120,
        validators=[MinValueValidator(5), MaxValueValidator(999)],
    )
    drops_undialled_today = models.BooleanField(
        "today only",
        default=True,
        help_text="What the carrier can't dial today is dropped. Otherwise it goes on tomorrow.",
    )
    remark = models.CharField(
        max_length=64, blank=True, help_text="Your own words; the carrier returns them with each call."
    )
    batch_size = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="Numbers handed over at a time. Empty: as the account says.",
    )

    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT, editable=False)
    is_planned = models.BooleanField(default=False, editable=False)  # every contact is in a batch or skipped
    planned_through = models.PositiveBigIntegerField(default=0, editable=False)  # id of the last contact looked at
    paused_because = models.TextField(blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    launched_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state"], name="campaign_by_state")]
        permissions = [
            ("launch_campaign", "Can launch, pause, resume and cancel campaigns"),
            ("see_full_numbers", "Can see phone numbers in full"),
        ]

    def __str__(self) -> str:
        return self.name
