"""What a campaign did by itself, and why: what people did with it stands in its history."""

from django.db import models
from django.utils import timezone

from dialer.models.campaign import Campaign


class CampaignEvent(models.Model):
    """Something that happened to a campaign and left no other row behind, in a sentence."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    what = models.TextField()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["campaign", "at"], name="event_of_campaign")]

    def __str__(self) -> str:
        return self.what
