"""Extensions: what the agents' telephones do, and whether a transferred person was answered."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account
from dialer.models.campaign import Campaign
from dialer.terms import ExtensionState


class Extension(models.Model):
    """One agent's telephone at one account, as it was last heard of."""

    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="extensions")
    name = models.CharField(_("name"), max_length=32)
    state = models.CharField(max_length=20, choices=ExtensionState.choices)
    since = models.DateTimeField()  # by the carrier's clock
    call_uuid = models.CharField(_("call uuid"), max_length=64, blank=True)
    number = models.CharField(max_length=32, blank=True)  # with whom; E.164 if it could be read

    class Meta:
        ordering = ["account", "name"]
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_extension_per_account")]

    def __str__(self) -> str:
        return self.name


class Transfer(models.Model):
    """One person who was put through to extensions: it rang, somebody answered or nobody did, it ended."""

    account = models.ForeignKey(Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="transfers")
    call_uuid = models.CharField(_("call uuid"), max_length=64)
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="transfers")
    number = models.CharField(max_length=32, blank=True)  # E.164 if it could be read
    extension = models.CharField(_("extension"), max_length=32, blank=True)  # who answered, else who was rung last
    rang_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [models.UniqueConstraint(fields=["account", "call_uuid"], name="one_transfer_per_call")]
        indexes = [
            models.Index(fields=["rang_at"], name="transfer_by_ringing"),
            models.Index(fields=["number"], name="transfer_by_number"),
        ]

    def __str__(self) -> str:
        return gettext("transfer %(id)s") % {"id": self.pk}
