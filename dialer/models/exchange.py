"""Exchanges: HTTP requests and their answers, masked, for operators' questions."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.batch import Batch


class CarrierExchange(models.Model):
    """One HTTP request and its answer. Holds no secret and no full phone number."""

    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="exchanges")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.SET_NULL, related_name="exchanges")
    at = models.DateTimeField(auto_now_add=True)
    purpose = models.CharField(_("purpose"), max_length=40)
    url = models.CharField(max_length=500)
    request = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    response = models.TextField(blank=True)
    elapsed_milliseconds = models.PositiveIntegerField(default=0)
    complaint = models.TextField(_("complaint"), blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        indexes = [
            models.Index(fields=["account", "id"], name="exchange_newest_of_account"),
            # All that its list filters by, so that exchanges of others are passed over without being read.
            models.Index(fields=["at", "account", "batch"], name="exchange_in_time_with_batch"),
            # Narrower than the one above, so that a database without statistics prefers them.
            models.Index(fields=["at"], name="exchange_unanswered", condition=Q(status__isnull=True)),
            models.Index(fields=["at"], name="exchange_complained", condition=~Q(complaint="")),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.at:%Y-%m-%d %H:%M:%S}"
