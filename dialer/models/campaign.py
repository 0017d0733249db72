"""A campaign: one announcement to many contacts with one account."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext, pgettext_lazy

from dialer.models.account import Account
from dialer.models.campaign_wishes import CallCourse, HangupSmsWish, SpokenText, TransferWish
from dialer.models.voice_file import VoiceFile
from dialer.terms import CampaignKind, Disposition, Purpose, VoiceDelivery


class Campaign(SpokenText, HangupSmsWish, TransferWish, CallCourse, models.Model):
    """Who is told what, with which account, when and how fast, and how far it has come."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("state of a campaign", "Draft")
        SCHEDULED = "scheduled", pgettext_lazy("state of a campaign", "Scheduled")
        RUNNING = "running", pgettext_lazy("state of a campaign", "Running")
        PAUSED = "paused", pgettext_lazy("state of a campaign", "Paused")
        FINISHED = "finished", pgettext_lazy("state of a campaign", "Finished")
        CANCELLED = "cancelled", pgettext_lazy("state of a campaign", "Cancelled")

    MOVES = {
        State.DRAFT: {State.SCHEDULED, State.RUNNING, State.CANCELLED},
        State.SCHEDULED: {State.DRAFT, State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.PAUSED, State.FINISHED, State.CANCELLED},
        State.PAUSED: {State.RUNNING, State.CANCELLED},
        State.FINISHED: set(),
        State.CANCELLED: set(),
    }

    name = models.CharField(_("name"), max_length=64, unique=True, validators=[MinLengthValidator(2)])
    kind = models.CharField(_("kind"), max_length=20, choices=CampaignKind.choices, default=CampaignKind.MESSAGE)
    # Its country is that of the people called. `Route` names further accounts, and this one if it has a share.
    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="campaigns")
    voice_file = models.ForeignKey(
        VoiceFile,
        verbose_name=_("voice file"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
    )
    voice_delivery = models.CharField(
        _("voice file reaches the carrier"),
        max_length=20,
        choices=VoiceDelivery.choices,
        default=VoiceDelivery.CARRIER_FILE,
    )
    wants_keypress = models.BooleanField(
        _("collect key presses"), default=False, help_text=_("Note which key the person presses.")
    )
    caller_id = models.CharField(
        _("caller ID"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\d*$", _("Digits only."))],
        help_text=_("Empty: that of the account."),
    )
    ring_seconds = models.PositiveSmallIntegerField(
        _("let it ring for (seconds)"),
        default=60,
        validators=[MinValueValidator(20), MaxValueValidator(120)],
    )
    max_call_seconds = models.PositiveSmallIntegerField(
        _("end the call after (seconds)"),
        default=120,
        validators=[MinValueValidator(5), MaxValueValidator(999)],
    )
    drops_undialled_today = models.BooleanField(
        _("today only"),
        default=True,
        help_text=_("What the carrier can't dial today is dropped. Otherwise it goes on tomorrow."),
    )
    remark = models.CharField(
        _("remark"), max_length=64, blank=True, help_text=_("Your own words; the carrier returns them with each call.")
    )
    batch_size = models.PositiveIntegerField(
        _("batch size"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text=_("Numbers handed over at a time. Empty: as the account says."),
    )

    purpose = models.CharField(
        _("purpose"),
        max_length=20,
        choices=Purpose.choices,
        default=Purpose.SERVICE,
        help_text=_("Why people are called. The hours that the law allows depend on it."),
    )
    widened_because = models.TextField(_("reason for other hours than the law's"), blank=True, editable=False)
    widened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    widened_at = models.DateTimeField(null=True, editable=False)
    start_at = models.DateTimeField(null=True, blank=True, editable=False)
    late_grace_minutes = models.PositiveSmallIntegerField(
        _("may start late by (minutes)"),
        default=60,
        help_text=_("Later than that, after a breakdown or a restored backup, it asks instead of starting by itself."),
    )
    asks_because = models.TextField(blank=True, editable=False)  # a start that came too late and waits for a person

    numbers_per_minute = models.PositiveIntegerField(
        _("numbers per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as the account says."),
    )
    at_carrier_limit = models.PositiveIntegerField(
        _("at the carrier at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("People handed over and not billed yet. Empty: as the account says."),
    )
    canary_size = models.PositiveIntegerField(
        _("first slice"),
        default=50,
        help_text=_("So many people are called first; the others wait until their bills look well. 0: no such test."),
    )
    silence_limit_minutes = models.PositiveSmallIntegerField(
        _("pause without any bill for (minutes)"), default=30, validators=[MinValueValidator(1)]
    )
    failure_limit_percent = models.PositiveSmallIntegerField(
        _("pause when calls fail (%)"),
        default=60,
        validators=[MaxValueValidator(100)],
        help_text=_("Failed, unreachable or cancelled calls among the newest bills. 100: never."),
    )
    line_failure_limit_percent = models.PositiveSmallIntegerField(
        _("pause on line failures (%)"), default=30, validators=[MaxValueValidator(100)], help_text=_("100: never.")
    )
    opt_out_limit_percent = models.PositiveSmallIntegerField(
        _("pause on opt-outs (%)"),
        default=20,
        validators=[MaxValueValidator(100)],
        help_text=_("People who press the opt-out key, among those who answered. 100: never."),
    )
    opt_out_key = models.CharField(
        _("opt out key"),
        max_length=1,
        blank=True,
        validators=[RegexValidator(r"^[0-9*#]$", _("One key: 0 to 9, * or #."))],
        help_text=_("Whoever presses it is put on the do-not-call list. Empty: none."),
    )

    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.DRAFT, editable=False)
    is_planned = models.BooleanField(default=False, editable=False)  # every contact is in a batch or skipped
    planned_through = models.PositiveBigIntegerField(default=0, editable=False)  # id of the last contact looked at
    paused_because = models.TextField(blank=True, editable=False)
    is_paused_by_person = models.BooleanField(default=False, editable=False)  # else it paused by itself
    watched_since = models.DateTimeField(null=True, editable=False)  # bills before the last launch or resume are old
    is_canary_passed = models.BooleanField(default=False, editable=False)
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
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        indexes = [models.Index(fields=["state"], name="campaign_by_state")]
        constraints = [
            models.CheckConstraint(
                # Step by step, a draft gets one; nothing leaves it without.
                condition=models.Q(voice_file__isnull=False)
                | models.Q(voice_delivery=VoiceDelivery.SPOKEN_TEXT)
                | models.Q(state__in=["draft", "cancelled"]),
                name="campaign_has_a_voice",
            ),
        ]
        permissions = [
            ("launch_campaign", gettext_noop("Can launch, pause, resume and cancel campaigns")),
            ("widen_hours", gettext_noop("Can call at other hours than the law's, with a written reason")),
            ("decide_uncertain", gettext_noop("Can decide whether an uncertain batch was sent")),
            ("see_full_numbers", gettext_noop("Can see phone numbers in full")),
        ]

    def __str__(self) -> str:
        return self.name


class CallWindow(models.Model):
    """Hours on one weekday in which a campaign may call, on the clock of the people called."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, WEEKDAYS[0]
        TUESDAY = 1, WEEKDAYS[1]
        WEDNESDAY = 2, WEEKDAYS[2]
        THURSDAY = 3, WEEKDAYS[3]
        FRIDAY = 4, WEEKDAYS[4]
        SATURDAY = 5, WEEKDAYS[5]
        SUNDAY = 6, WEEKDAYS[6]

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="call_windows"
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("Earlier than the opening means: on the next day."))

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name = _("call window")
        verbose_name_plural = _("call windows")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "weekday", "opens"], name="one_call_window_per_opening"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class RetryRule(models.Model):
    """How often people are called again after a call that ended in a certain way, and how long to wait."""

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="retry_rules"
    )
    disposition = models.CharField(_("disposition"), max_length=20, choices=Disposition.choices)
    more_rounds = models.PositiveSmallIntegerField(
        _("more rounds"), default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    pause_minutes = models.PositiveIntegerField(
        _("pause minutes"), validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)]
    )

    class Meta:
        ordering = ["disposition"]
        verbose_name = _("retry rule")
        verbose_name_plural = _("retry rules")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "disposition"], name="one_retry_rule_per_disposition"),
            models.CheckConstraint(condition=~models.Q(disposition="answered"), name="no_retry_of_answered_calls"),
        ]

    def __str__(self) -> str:
        sentence = ngettext(
            "%(outcome)s: %(rounds)s more after %(minutes)s minute",
            "%(outcome)s: %(rounds)s more after %(minutes)s minutes",
            self.pause_minutes,
        )
        words = {"outcome": self.get_disposition_display(), "rounds": self.more_rounds, "minutes": self.pause_minutes}
        return sentence % words
