"""What a campaign may wish beyond the plain message. Each part is a few columns of the campaign."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dialer.terms import SpeakerVoice

ONE_KEY = RegexValidator(r"^[0-9]$", _("One key: 0 to 9."))


class SpokenText(models.Model):
    """A text that the carrier speaks in the place of a voice file. `${text1}` in it stands for the row's text 1."""

    speech_text = models.TextField(_("text to speak"), blank=True)
    speech_language = models.CharField(_("language"), max_length=10, blank=True)  # ISO 639-1
    speech_speed = models.FloatField(
        _("speed"), null=True, blank=True, help_text=_("1 is the usual speed, 0.5 half of it. Empty: the usual.")
    )
    speech_voice = models.CharField(
        pgettext_lazy("who speaks", "voice"),
        max_length=10,
        choices=SpeakerVoice.choices,
        blank=True,
        help_text=_("Empty: the carrier chooses."),
    )
    speech_accent = models.CharField(
        _("accent"), max_length=20, blank=True, help_text=_("The carrier's own code, such as 91. Empty: the usual.")
    )

    class Meta:
        abstract = True


class HangupSmsWish(models.Model):
    """An SMS after the call; none if the text is empty."""

    sms_text = models.TextField(
        _("SMS text"), blank=True, help_text=_("Empty: no SMS. ${text1} to ${text10} stand for the texts of the row.")
    )
    sms_sender_id = models.CharField(_("sender"), max_length=64, blank=True)
    sms_on_key = models.CharField(
        _("to those who press"), max_length=1, blank=True, validators=[ONE_KEY], help_text=_("One key, 0 to 9.")
    )
    sms_after_answer_seconds = models.PositiveIntegerField(
        _("to those who answer, after (seconds)"),
        null=True,
        blank=True,
        help_text=_("Empty: not because of an answer."),
    )
    sms_on_failure = models.BooleanField(_("to those who were not reached"), default=False)
    sms_on_ringing = models.BooleanField(_("to those whose telephone rang"), default=False)

    class Meta:
        abstract = True


class TransferWish(models.Model):
    """After the message over to a group of agents; not if the group is empty."""

    transfer_group = models.CharField(
        _("group of agents"),
        max_length=64,
        blank=True,
        help_text=_("As the carrier calls it. Empty: nobody is transferred."),
    )
    transfer_key = models.CharField(
        _("by the key"),
        max_length=1,
        blank=True,
        validators=[ONE_KEY],
        help_text=_("Who presses it is transferred. Empty: everybody, when the message ends."),
    )
    transfer_rate = models.PositiveSmallIntegerField(
        _("calls for each free agent"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    transfer_delay_seconds = models.PositiveSmallIntegerField(
        _("transfer after (seconds)"), null=True, blank=True, help_text=_("Empty: at once.")
    )

    class Meta:
        abstract = True


class CallCourse(models.Model):
    """How the message is played, and when the carrier begins."""

    play_count = models.PositiveSmallIntegerField(
        _("play the message (times)"), default=1, validators=[MinValueValidator(1)]
    )
    play_delay_seconds = models.PositiveSmallIntegerField(_("wait before playing (seconds)"), default=0)
    hangup_delay_seconds = models.PositiveSmallIntegerField(_("wait before hanging up (seconds)"), default=0)
    carrier_start_at = models.DateTimeField(
        _("the carrier begins at"),
        null=True,
        blank=True,
        help_text=_("Batches are handed over before, and the carrier waits with them. Empty: it begins at once."),
    )

    class Meta:
        abstract = True


class CarrierPeriod(models.Model):
    """A part of each day to which the carrier keeps by itself, on the clock of the people called."""

    campaign = models.ForeignKey(
        "dialer.Campaign", verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="carrier_periods"
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        ordering = ["opens"]
        verbose_name = _("carrier period")
        verbose_name_plural = _("carrier periods")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "opens"], name="one_carrier_period_per_opening"),
            models.CheckConstraint(condition=models.Q(closes__gt=models.F("opens")), name="carrier_period_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"
