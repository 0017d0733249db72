"""Routes: the accounts through which a campaign's people are called."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.campaign import Campaign
from dialer.terms import VoiceDelivery


class Route(models.Model):
    """One account of a campaign with its share of the people. The campaign's own account needs no row for share 1."""

    campaign = models.ForeignKey(Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="routes")
    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="routes")
    share = models.PositiveSmallIntegerField(
        _("share"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("An account with share 2 gets twice as many people as one with share 1."),
    )
    voice_delivery = models.CharField(
        _("voice file reaches this carrier"),
        max_length=20,
        choices=VoiceDelivery.choices,
        blank=True,
        help_text=_("Empty: as the campaign says."),
    )
    # Why nobody leaves by this route any more, though others go on; "" while it is open.
    closed_because = models.TextField(blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        constraints = [models.UniqueConstraint(fields=["campaign", "account"], name="one_route_per_account")]

    def __str__(self) -> str:
        return f"{self.account} ({self.share})"
