"""Teams: who sees only the rows of certain accounts."""

from django.conf import settings
from django.db import models

from dialer.models.account import Account


class Team(models.Model):
    """Its members see only what belongs to the accounts of their teams. Whoever is in no team sees everything."""

    name = models.CharField(max_length=80, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)
    accounts = models.ManyToManyField(Account, related_name="teams", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
