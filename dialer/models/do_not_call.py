"""Numbers that are never to be called, on one or more lists."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from dialer import phone
from dialer.terms import Purpose

HOUSE_LIST = gettext_noop("House list")  # its name in the database, whatever the language


def house_list() -> int:
    """The list for wishes that reach us ourselves; made when it is first needed."""
    return DoNotCallList.objects.get_or_create(name=HOUSE_LIST)[0].pk


class DoNotCallList(models.Model):
    """A list of numbers: our own, or a register that was uploaded and grows old."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    purpose = models.CharField(
        _("for campaigns of the kind"),
        max_length=20,
        choices=Purpose.choices,
        blank=True,
        help_text=_("Empty: for all campaigns."),
    )
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("Empty: for all countries."))
    stale_after_days = models.PositiveSmallIntegerField(
        _("stale after days"),
        null=True,
        blank=True,
        help_text=_("A register older than that is warned of. Empty: it does not grow old."),
    )
    refreshed_on = models.DateField(
        _("refreshed on"), null=True, blank=True, help_text=_("As of which day the register is.")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("do-not-call list")
        verbose_name_plural = _("do-not-call lists")

    def __str__(self) -> str:
        return gettext(HOUSE_LIST) if self.name == HOUSE_LIST else self.name

    def is_stale(self, *, on: date | None = None) -> bool:
        """Whether the register is older than it may be on that day, today if none is named."""
        if self.stale_after_days is None:
            return False
        oldest = (on or timezone.localdate()) - timedelta(days=self.stale_after_days)
        return self.refreshed_on is None or self.refreshed_on < oldest


class DoNotCallNumbers(models.QuerySet["DoNotCall"]):
    """Entries of all lists."""

    def against(self, *, purpose: str, country: str) -> "DoNotCallNumbers":
        """Entries that hold for campaigns of this purpose and country."""
        return self.filter(list__purpose__in=["", purpose], list__country__in=["", country])


class DoNotCall(models.Model):
    """One number never to be called, with list, reason, source and date."""

    list = models.ForeignKey(DoNotCallList, verbose_name=_("list"), on_delete=models.CASCADE, related_name="numbers")
    number = models.CharField(_("number"), max_length=16, help_text=_("With country code, such as +6281234567890."))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True, help_text=_("Where the wish came from."))
    call_record = models.ForeignKey(
        "dialer.CallRecord", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    added_at = models.DateTimeField(auto_now_add=True)

    objects = DoNotCallNumbers.as_manager()

    class Meta:
        ordering = ["-added_at"]
        verbose_name = _("do-not-call number")
        verbose_name_plural = _("do-not-call numbers")
        constraints = [models.UniqueConstraint(fields=["number", "list"], name="one_do_not_call_per_list")]
        indexes = [models.Index(fields=["added_at"], name="do_not_call_by_time")]

    def __str__(self) -> str:
        return phone.masked(self.number)
