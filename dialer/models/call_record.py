"""Call records: calls as the carrier billed them, normalised and kept."""

from django.db import models
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.batch import Attempt, Batch
from dialer.models.campaign import Campaign
from dialer.terms import Disposition, HungUpBy

# When the newer of the two ways told of the call. Written as an index holds it, so ask for just this.
TOLD_AT = Greatest(Coalesce("by_callback_at", "created_at"), Coalesce("by_pull_at", "created_at"))
LISTED_BY = ("disposition", "keypress", "account", "campaign")


class CallRecord(models.Model):
    """One call. A callback and a pulled bill about it meet here; either may be the first."""

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="call_records"
    )
    carrier_call_id = models.CharField(max_length=64)
    carrier_call_uuid = models.CharField(max_length=64, blank=True)
    reference = models.CharField(max_length=64, blank=True)  # as echoed, also if it is none of ours
    carrier_task_id = models.CharField(max_length=64, blank=True, default="")  # the carrier's own name of the batch
    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), null=True, on_delete=models.PROTECT, related_name="call_records"
    )
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="call_records")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="call_records")

    number = models.CharField(max_length=32, blank=True)  # E.164 if it is known, else as on the wire
    caller_id = models.CharField(_("caller ID"), max_length=32, blank=True)
    started_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ring_seconds = models.PositiveIntegerField(default=0)
    talk_seconds = models.PositiveIntegerField(default=0)
    disposition = models.CharField(max_length=20, choices=Disposition.choices, default=Disposition.UNKNOWN)
    hangup_code = models.CharField(_("hang-up code"), max_length=20, blank=True)
    hangup_meaning = models.CharField(_("hang-up meaning"), max_length=100, blank=True)
    hung_up_by = models.CharField(max_length=10, choices=HungUpBy.choices, default=HungUpBy.UNKNOWN)
    keypress = models.CharField(max_length=20, blank=True)
    recording_name = models.CharField(max_length=255, blank=True)
    awaits_archive = models.BooleanField(default=False)  # a recording is promised and not enrolled yet

    cost = models.DecimalField(null=True, max_digits=14, decimal_places=6)
    currency = models.CharField(max_length=10, blank=True, default="")
    rate = models.DecimalField(_("price of a period"), null=True, max_digits=14, decimal_places=6)
    billing_period = models.CharField(max_length=20, blank=True, default="")  # seconds: the first one + the others
    charged_seconds = models.PositiveIntegerField(null=True)

    by_callback_at = models.DateTimeField(null=True)  # first known by callback
    by_pull_at = models.DateTimeField(null=True)  # first known by pull
    raw_callback = models.JSONField(null=True)
    raw_bill = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("call record")
        verbose_name_plural = _("call records")
        constraints = [
            models.UniqueConstraint(fields=["account", "carrier_call_id"], name="one_call_record_per_carrier_call_id"),
        ]
        indexes = [
            models.Index(fields=["number"], name="call_record_by_number"),
            # Lists show the newest call first. Each of these is in that order and holds every column that lists filter
            # by, so that rows that do not fit are passed over without being read.
            models.Index(fields=["started_at", *LISTED_BY], name="call_record_by_time"),
            models.Index(
                fields=["campaign", "started_at", "disposition", "keypress", "account"], name="call_record_of_campaign"
            ),
            models.Index(
                fields=["campaign", "disposition", "started_at", "keypress", "account"], name="call_record_by_outcome"
            ),
            models.Index(
                fields=["disposition", "started_at", "keypress", "account", "campaign"], name="call_record_of_outcome"
            ),
            models.Index(
                fields=["account", "started_at", "disposition", "keypress", "campaign"], name="call_record_of_account"
            ),
            models.Index(
                fields=["started_at", *LISTED_BY], name="call_record_with_key", condition=~models.Q(keypress="")
            ),
            models.Index(
                fields=["started_at", *LISTED_BY],
                name="call_record_with_sound",
                condition=~models.Q(recording_name=""),
            ),
            models.Index("campaign", TOLD_AT.asc(), name="call_record_news_of_campaign"),
            models.Index(fields=["id"], name="call_record_awaits_archive", condition=models.Q(awaits_archive=True)),
            models.Index(
                fields=["account", "carrier_task_id"],
                name="call_record_of_unknown_batch",
                condition=models.Q(batch__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return gettext("call %(id)s") % {"id": self.carrier_call_id}
