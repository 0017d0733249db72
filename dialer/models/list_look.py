"""How people look at lists: filters that they keep, and the columns that they want."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

LONGEST_QUERY = 2_000  # characters; longer ones no browser would send


class SavedFilter(models.Model):
    """What somebody filtered a list by, under a name; for oneself or for everybody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=80)  # whose list it is, such as "dialer.callrecord"
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=LONGEST_QUERY)  # as it stands in the address, without search and page
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="one_saved_filter_per_name")]
        permissions = [("share_savedfilter", gettext_noop("Can share saved filters with everybody"))]

    def __str__(self) -> str:
        return self.name


class ColumnChoice(models.Model):
    """The columns of a list that somebody wants, in their order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=80)
    columns = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("column choice")
        verbose_name_plural = _("column choices")
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="one_column_choice_per_page")]

    def __str__(self) -> str:
        return self.page
