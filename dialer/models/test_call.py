"""Test calls: a campaign's message to one number of our own, before anybody else hears it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.batch import new_reference
from dialer.models.campaign import Campaign


class TestCall(models.Model):
    """One call outside of the dial ledger, under a reference of its own. Committed before the request leaves."""

    __test__ = False  # not a test of pytest's

    class State(models.TextChoices):
        SENDING = "sending", pgettext_lazy("state of a test call", "Sending")
        ACCEPTED = "accepted", pgettext_lazy("state of a test call", "Accepted")
        REFUSED = "refused", pgettext_lazy("state of a test call", "Refused")
        UNCERTAIN = "uncertain", pgettext_lazy("state of a test call", "Uncertain")

    MOVES = {
        State.SENDING: {State.ACCEPTED, State.REFUSED, State.UNCERTAIN},
        State.ACCEPTED: set(),
        State.REFUSED: set(),
        State.UNCERTAIN: set(),
    }

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="test_calls")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="test_calls")
    number = models.CharField(max_length=16)  # E.164
    reference = models.CharField(max_length=32, unique=True, default=new_reference)
    state = models.CharField(max_length=20, choices=State.choices, default=State.SENDING)
    carrier_task_id = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)  # what the carrier said, or why we do not know
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    called_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("test call")
        verbose_name_plural = _("test calls")
        indexes = [models.Index(fields=["number"], name="test_call_by_number")]

    def __str__(self) -> str:
        return gettext("test call %(id)s") % {"id": self.pk}

    @property
    def is_on_its_way(self) -> bool:
        """The carrier is being asked at this moment."""
        lease = timedelta(seconds=settings.LEASE_SECONDS)
        return self.state == self.State.SENDING and timezone.now() < self.called_at + lease

    @property
    def known_state(self) -> "TestCall.State":
        """The state as far as it is known: uncertain if the process that asked the carrier has died."""
        is_orphan = self.state == self.State.SENDING and not self.is_on_its_way
        return self.State.UNCERTAIN if is_orphan else self.State(self.state)
