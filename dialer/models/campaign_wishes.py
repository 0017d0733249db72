"""What a campaign may wish beyond the plain message. Each part is a few columns of the campaign."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from dialer.terms import SpeakerVoice

ONE_KEY = RegexValidator(r"^[0-9]$", "One key: 0 to 9.")


class SpokenText(models.Model):
    """A text that the carrier speaks in the place of a voice file. `${text1}` in it stands for the row's text 1."""

    speech_text = models.TextField("text to speak", blank=True)
    speech_language = models.CharField("language", max_length=10, blank=True)  # ISO 639-1
    speech_speed = models.FloatField(
        "speed", null=True, blank=True, help_text="1 is the usual speed, 0.5 half of it. Empty: the usual."
    )
    speech_voice = models.CharField(
        "voice", max_length=10, choices=SpeakerVoice.choices, blank=True, help_text="Empty: the carrier chooses."
    )
    speech_accent = models.CharField(
        "accent", max_length=20, blank=True, help_text="The carrier's own code, such as 91. Empty: the usual."
    )

    class Meta:
        abstract = True


class HangupSmsWish(models.Model):
    """An SMS after the call; none if the text is empty."""

    sms_text = models.TextField(
        "SMS text", blank=True, help_text="Empty: no SMS. ${text1} to ${text10} stand for the texts of the row."
    )
    sms_sender_id = models.CharField("sender", max_length=64, blank=True)
    sms_on_key = models.CharField(
        "to those who press", max_length=1, blank=True, validators=[ONE_KEY], help_text="One key, 0 to 9."
    )
    sms_after_answer_seconds = models.PositiveIntegerField(
        "to those who answer, after (seconds)", null=True, blank=True, help_text="Empty: not because of an answer."
    )
    sms_on_failure = models.BooleanField("to those who were not reached", default=False)
    sms_on_ringing = models.BooleanField("to those whose telephone rang", default=False)

    class Meta:
        abstract = True


class TransferWish(models.Model):
    """After the message over to a group of agents; not if the group is empty."""

    transfer_group = models.CharField(
        "group of agents", max_length=64, blank=True, help_text="As the carrier calls it. Empty: nobody is transferred."
    )
    transfer_key = models.CharField(
        "by the key",
        max_length=1,
        blank=True,
        validators=[ONE_KEY],
        help_text="Who presses it is transferred. Empty: everybody, when the message ends.",
    )
    transfer_rate = models.PositiveSmallIntegerField(
        "calls for each free agent", default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    transfer_delay_seconds = models.PositiveSmallIntegerField(
        "transfer after (seconds)", null=True, blank=True, help_text="Empty: at once."
    )

    class Meta:
        abstract = True


class CallCourse(models.Model):
    """How the message is played, and when the carrier begins."""

    play_count = models.PositiveSmallIntegerField(
        "play the message (times)", default=1, validators=[MinValueValidator(1)]
    )
    play_delay_seconds = models.PositiveSmallIntegerField("wait before playing (seconds)", default=0)
    hangup_delay_seconds = models.PositiveSmallIntegerField("wait before hanging up (seconds)", default=0)
    carrier_start_at = models.DateTimeField(
        "the carrier begins at",
        null=True,
        blank=True,
        help_text="Batches are handed over before, and the carrier waits with them. Empty: it begins at once.",
    )

    class Meta:
        abstract = True


class CarrierPeriod(models.Model):
    """A part of each day to which the carrier keeps by itself, on the clock of the people called."""

    campaign = models.ForeignKey("dialer.Campaign", on_delete=models.CASCADE, related_name="carrier_periods")
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["opens"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "opens"], name="one_carrier_period_per_opening"),
            models.CheckConstraint(condition=models.Q(closes__gt=models.F("opens")), name="carrier_period_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"
