"""What campaigns do by themselves: written down in the transaction that does it, for the timeline on their pages."""

from collections.abc import Callable

from dialer.models import CampaignEvent
from dialer.models.preference import house_language


def note(campaign_id: int, sentence: Callable[[], str]) -> None:
    """What `sentence` says in the installation's language stands in the campaign's timeline.

    It holds no number and no secret.
    """
    with house_language():
        CampaignEvent.objects.create(campaign_id=campaign_id, what=sentence())
