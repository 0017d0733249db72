"""Numbers that are never to be called."""

from django.conf import settings
from django.db import models

from dialer import phone


class DoNotCall(models.Model):
    """One number never to be called, with reason, source and date."""

    number = models.CharField(max_length=16, unique=True, help_text="With country code, such as +6281234567890.")
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True, help_text="Where the wish came from.")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-added_at"]
        verbose_name = "do-not-call number"
        verbose_name_plural = "do-not-call numbers"

    def __str__(self) -> str:
        return phone.masked(self.number)
