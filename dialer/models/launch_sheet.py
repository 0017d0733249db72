"""Launch sheets: what somebody saw and confirmed when they launched a campaign, kept as evidence."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.models.campaign import Campaign


class LaunchSheet(models.Model):
    """One launch, or one order to start later. Written in the same transaction, and changed by nobody since."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="launch_sheets")
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    launched_by_name = models.CharField(max_length=150, blank=True)  # also when the user is gone
    launched_at = models.DateTimeField()
    start_at = models.DateTimeField(null=True)  # null: it was launched at that moment
    content = models.JSONField()  # as `flow.launch_sheet` writes it, with a version of its own

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("launch sheet")
        verbose_name_plural = _("launch sheets")

    def __str__(self) -> str:
        return gettext("launch sheet of %(campaign)s") % {"campaign": self.campaign}
