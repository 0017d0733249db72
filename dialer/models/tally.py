"""Tallies: how many calls or attempts are alike, so that no page has to count call records or whole campaigns."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models.functions import Coalesce

from dialer.models.account import Account
from dialer.models.batch import Batch
from dialer.models.campaign import Campaign
from dialer.terms import Disposition

# Every zone of the world is whole quarters of an hour away from UTC, so its days and hours are whole quarters.
QUARTER_SECONDS = 900
NO_QUARTER = 0  # the carrier told no start of the call


def quarter_of(moment: datetime | None) -> int:
    """The whole quarters of an hour from 1970 (UTC) to the moment; NO_QUARTER for no moment, or one before."""
    return NO_QUARTER if moment is None else max(NO_QUARTER, int(moment.timestamp()) // QUARTER_SECONDS)


def start_of(quarter: int) -> datetime:
    """When a quarter of `quarter_of` began."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=quarter * QUARTER_SECONDS)


class CallTally(models.Model):
    """The call records of one campaign by one account that began in one quarter of an hour and ended alike.

    Written in the transaction that writes the call records (`flow.tallies`), so a sum of tallies is what a full count
    of call records would say. A number may pass below zero until the table was filled for the first time.
    """

    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.CASCADE, related_name="call_tallies", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="call_tallies", db_index=False)
    quarter = models.PositiveIntegerField()  # see quarter_of
    disposition = models.CharField(max_length=20, choices=Disposition.choices)
    keypress = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=10, blank=True)

    calls = models.BigIntegerField(default=0)
    talk_seconds = models.BigIntegerField(default=0)
    cost_millionths = models.BigIntegerField(default=0)  # whole numbers add up exactly in every database

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Coalesce("campaign", 0),  # two nulls are no twins to a database
                "account",
                "quarter",
                "disposition",
                "keypress",
                "currency",
                name="one_call_tally_of_a_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "quarter"], name="call_tally_by_campaign"),
            models.Index(fields=["quarter", "account"], name="call_tally_by_quarter"),
            models.Index(fields=["account", "quarter"], name="call_tally_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls from {start_of(self.quarter):%Y-%m-%d %H:%M}"


class BatchTally(models.Model):
    """How many attempts of a settled batch came to the same: counted once, and again when a late bill changed one.

    They count while the batch says `is_tallied` (`flow.batch_tallies`).
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="tallies")
    disposition = models.CharField(max_length=20, choices=Disposition.choices, blank=True)
    keypress = models.CharField(max_length=20, blank=True)
    is_settled = models.BooleanField()
    is_silent = models.BooleanField()
    attempts = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "batch tallies"

    def __str__(self) -> str:
        return f"{self.attempts} of {self.batch}"
