"""A voice file: audio that is played to the people called. Never called a recording."""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dialer.models.account import Account


def new_public_key() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


class VoiceFile(models.Model):
    """What was uploaded and what it became. Used ones are never overwritten: a new version is a new row."""

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("How your team calls this message."))
    original = models.FileField(_("sound file"), upload_to="voice/original/")
    original_name = models.CharField(max_length=255, editable=False)
    converted = models.FileField(upload_to="voice/converted/", editable=False)
    carrier_name = models.CharField(
        _("carrier name"),
        max_length=20,
        unique=True,
        editable=False,
        help_text=_("ASCII name for the carriers, without suffix."),
    )
    public_key = models.CharField(max_length=64, unique=True, default=new_public_key, editable=False)
    seconds = models.FloatField(default=0, editable=False)
    size_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    sha256 = models.CharField(max_length=64, default="", editable=False)
    remarks = models.JSONField(default=list, editable=False)  # sentences about loudness, length, …
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name = _("voice file")
        verbose_name_plural = _("voice files")

    def __str__(self) -> str:
        return self.name


class CarrierFile(models.Model):
    """A voice file as it lies at one account's carrier, by the name that the carrier's console shows."""

    voice_file = models.ForeignKey(
        VoiceFile, verbose_name=_("voice file"), on_delete=models.CASCADE, related_name="carrier_files"
    )
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.CASCADE, related_name="carrier_files"
    )
    name_at_carrier = models.CharField(
        _("name at carrier"),
        max_length=100,
        help_text=_("Exactly as the carrier's console shows it, with the suffix if it shows one."),
    )

    uploaded_at = models.DateTimeField(null=True, editable=False)  # null: by hand, in the carrier's console

    class Meta:
        verbose_name = _("carrier file")
        verbose_name_plural = _("carrier files")
        constraints = [
            models.UniqueConstraint(fields=["voice_file", "account"], name="one_name_per_voice_file_and_account")
        ]

    def __str__(self) -> str:
        return self.name_at_carrier
