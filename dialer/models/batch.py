"""Batches and attempts: the dial ledger, committed before a byte leaves."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.campaign import Campaign
from dialer.models.claim import Claimable
from dialer.models.contact import Contact
from dialer.terms import Disposition, TaskState


def new_reference() -> str:
    """A name that no other batch has, 32 hexadecimal digits."""
    return uuid.uuid4().hex


class Batch(Claimable):
    """The attempts of one carrier request, under one reference that the carrier echoes."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of a batch", "Waiting")
        SENDING = "sending", pgettext_lazy("state of a batch", "Sending")
        ACCEPTED = "accepted", pgettext_lazy("state of a batch", "Accepted")
        SETTLED = "settled", pgettext_lazy("state of a batch", "Settled")
        REFUSED = "refused", pgettext_lazy("state of a batch", "Refused")
        UNCERTAIN = "uncertain", pgettext_lazy("state of a batch", "Uncertain")
        REPEATING = "repeating", pgettext_lazy("state of a batch", "Repeating")
        CANCELLED = "cancelled", pgettext_lazy("state of a batch", "Cancelled")

    MOVES = {
        # Accepted when bills came of a try that had surely not arrived.
        State.WAITING: {State.SENDING, State.CANCELLED, State.ACCEPTED},
        # Back to waiting only when it is certain that nothing left us.
        # Cancelled when everybody in it turned out to be on the do-not-call list.
        State.SENDING: {State.WAITING, State.ACCEPTED, State.REFUSED, State.UNCERTAIN, State.CANCELLED},
        # Sent again only at a carrier that refuses repeats: there the same batch can't be taken twice.
        State.UNCERTAIN: {State.ACCEPTED, State.REFUSED, State.REPEATING},
        State.REPEATING: {State.ACCEPTED, State.UNCERTAIN},
        # Refused when the carrier took it back before it began.
        State.ACCEPTED: {State.SETTLED, State.REFUSED},
        State.SETTLED: set(),
        # A bill proves that the carrier took it after all, whatever it or an operator said.
        State.REFUSED: {State.ACCEPTED},
        State.CANCELLED: set(),
    }

    # It left, or may have left, and has not found its end.
    OUT = (State.SENDING, State.UNCERTAIN, State.REPEATING, State.ACCEPTED)
    UNCLEAR = (State.UNCERTAIN, State.REPEATING)

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="batches")
    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="batches")
    sequence = models.PositiveIntegerField(_("sequence"))  # 1, 2, … within the campaign
    reference = models.CharField(max_length=32, unique=True, default=new_reference)
    contact_count = models.PositiveIntegerField()
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(_("tries"), default=0)  # claims, most of which reached the carrier
    sent_at = models.DateTimeField(null=True)
    sent_to = models.URLField(blank=True, editable=False)  # the account's address then: only there it may be repeated
    starts_at = models.DateTimeField(null=True)  # when the carrier is to begin; null: at once
    answered_at = models.DateTimeField(null=True)
    carrier_task_id = models.CharField(max_length=64, blank=True)
    task_state = models.CharField(max_length=20, choices=TaskState.choices, blank=True)  # by the carrier's last word
    task_asked_at = models.DateTimeField(null=True)
    carrier_code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)  # what the carrier said, or why we do not know
    settled_at = models.DateTimeField(null=True)
    is_tallied = models.BooleanField(default=False, editable=False)  # its tallies say what its attempts came to

    # An uncertain batch is asked about by its reference, again and again with growing pauses.
    ask_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    ask_count = models.PositiveIntegerField(_("ask count"), default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_because = models.TextField(_("decided because"), blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "sequence"], name="one_batch_per_sequence"),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="batch_by_state_and_due"),
            models.Index(fields=["account", "sent_at"], name="batch_by_sending"),
            models.Index(fields=["account", "carrier_task_id"], name="batch_by_task", condition=~Q(carrier_task_id="")),
            models.Index(fields=["id"], name="batch_to_be_tallied", condition=Q(state="settled", is_tallied=False)),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} #{self.sequence}"


class Attempt(models.Model):
    """One handing-over of one contact in one batch. The database allows one for each contact and round."""

    batch = models.ForeignKey(Batch, verbose_name=_("batch"), on_delete=models.PROTECT, related_name="attempts")
    contact = models.ForeignKey(Contact, verbose_name=_("contact"), on_delete=models.PROTECT, related_name="attempts")
    round = models.PositiveSmallIntegerField(pgettext_lazy("of calls", "round"), default=1)
    disposition = models.CharField(_("disposition"), max_length=20, choices=Disposition.choices, blank=True, default="")
    keypress = models.CharField(max_length=20, blank=True, default="")
    settled_at = models.DateTimeField(null=True)  # the first bill about it, by whichever way
    silent_since = models.DateTimeField(null=True)  # declared silent: handed over and never billed
    is_judged = models.BooleanField(default=False)  # it was settled, and whether there is a next round is decided
    retry_at = models.DateTimeField(null=True)  # when the next round is due

    class Meta:
        ordering = ["pk"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(settled_at__isnull=True), name="one_open_attempt_per_contact"
            ),
            models.CheckConstraint(condition=Q(round__gte=1), name="rounds_count_from_one"),
            models.UniqueConstraint(fields=["contact", "round"], name="one_attempt_per_contact_and_round"),
            models.UniqueConstraint(fields=["batch", "contact"], name="one_attempt_per_contact_and_batch"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="attempt_to_be_judged",
                condition=Q(settled_at__isnull=False, is_judged=False),
            ),
            models.Index(fields=["batch"], name="attempt_of_later_round", condition=Q(round__gt=1)),
            models.Index(fields=["disposition", "contact"], name="attempt_by_disposition"),
            models.Index(fields=["contact"], name="attempt_silent", condition=Q(silent_since__isnull=False)),
            models.Index(fields=["retry_at"], name="attempt_to_be_retried", condition=Q(retry_at__isnull=False)),
            models.Index(
                fields=["batch", "retry_at"], name="attempt_planned_by_batch", condition=Q(retry_at__isnull=False)
            ),
            models.Index(
                fields=["batch", "silent_since"],
                name="attempt_silent_by_batch",
                condition=Q(silent_since__isnull=False),
            ),
            models.Index(fields=["contact"], name="attempt_planned_in_order", condition=Q(retry_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return gettext("attempt %(id)s") % {"id": self.pk}
