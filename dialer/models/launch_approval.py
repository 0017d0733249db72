"""Approvals: a second person's word on a launch of many people."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.models.campaign import Campaign


class LaunchApproval(models.Model):
    """One launch that was asked for: of just this campaign as it was then. It is carried out when it is approved."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of an approval", "Waiting")
        APPROVED = "approved", pgettext_lazy("state of an approval", "Approved")
        DECLINED = "declined", pgettext_lazy("state of an approval", "Declined")
        VOID = "void", pgettext_lazy("state of an approval", "Void")

    MOVES = {
        State.WAITING: {State.APPROVED, State.DECLINED, State.VOID},
        State.APPROVED: {State.VOID},  # its schedule was taken back
        State.DECLINED: set(),
        State.VOID: set(),
    }

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="launch_approvals")
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    digest = models.CharField(max_length=64)  # of lists and wishes
    callable_count = models.PositiveIntegerField()
    start_at = models.DateTimeField(null=True)  # null: at once
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_name = models.CharField(max_length=150, blank=True)  # also when the user is gone
    # Whoever made the token by which it was asked for; they hold it, so it may have been them.
    token_made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by_name = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)  # why it was declined, or is void

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("launch approval")
        verbose_name_plural = _("launch approvals")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(state="waiting"), name="one_waiting_approval_per_campaign"
            ),
        ]

    def __str__(self) -> str:
        return gettext("approval of %(campaign)s") % {"campaign": self.campaign}

    def is_asked_by(self, person: Any) -> bool:
        """Did they ask, by themselves or by a token that they made for somebody else?"""
        return person.pk is not None and person.pk in (self.asked_by_id, self.token_made_by_id)
