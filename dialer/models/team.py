"""Teams: who sees only the rows of certain accounts."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account


class Team(models.Model):
    """Its members see only what belongs to the accounts of their teams. Whoever is in no team sees everything."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("members"), related_name="teams", blank=True
    )
    accounts = models.ManyToManyField(Account, verbose_name=_("accounts"), related_name="teams", blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name
