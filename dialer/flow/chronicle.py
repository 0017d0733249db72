"""What campaigns do by themselves: written down in the transaction that does it, for the timeline on their pages."""

from dialer.models import CampaignEvent


def note(campaign_id: int, what: str) -> None:
    """The sentence stands in the campaign's timeline. It holds no number and no secret."""
    CampaignEvent.objects.create(campaign_id=campaign_id, what=what)
