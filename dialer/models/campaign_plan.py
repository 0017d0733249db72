"""What is remembered of a draft beyond the campaign itself, while somebody is on the way to its launch."""

from django.db import models

from dialer.models.campaign import Campaign


class CampaignPlan(models.Model):
    """Written by the guided path; without a row, nobody was asked about the time yet. It orders nothing."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="plan", primary_key=True)
    is_timed = models.BooleanField(default=False)  # hours, pace and start were looked at and confirmed
    start_at = models.DateTimeField(null=True)  # proposed for the launch; null: at once
    made_from = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"plan of {self.campaign}"
