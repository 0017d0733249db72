"""Which numbers a callback told of: a callback itself is only the raw text of a carrier."""

from django.db import models
from django.db.models import Q

from dialer.models.account import Account
from dialer.models.callback import Callback
from dialer.models.campaign import Campaign


class CallbackNumber(models.Model):
    """One number of one applied callback, with what lists of callbacks are filtered by and nothing changes later."""

    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="numbers", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    number = models.CharField(max_length=32, blank=True)  # E.164 if it could be read, else as it came
    received_at = models.DateTimeField()  # of the callback

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["callback", "number"], name="one_row_per_callback_and_number"),
        ]
        indexes = [
            models.Index(fields=["number", "callback"], name="callback_by_number"),
            models.Index(
                fields=["campaign", "received_at", "callback", "account"],
                name="callback_of_campaign",
                condition=Q(campaign__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.callback_id}: {self.number}"


class CallbackBacklog(models.Model):
    """The numbers of callbacks with a smaller key are still to be noted; without a row there are none."""

    below = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return str(self.below)
