"""Pending uploads: a file that comes in pieces and is not whole yet, or not handed in."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dialer.models.campaign import Campaign
from dialer.terms import UploadPurpose

SAME = ["owner", "purpose", "name", "size_bytes", "first_checksum"]


def new_key() -> str:
    """256 random bits, safe in an address and as a file's name."""
    return secrets.token_urlsafe(32)


class PendingUpload(models.Model):
    """One file of one person for one place. Its first `received_bytes` lie in a part file under its key.

    Checksums are CRC-32 as zlib makes it: they tell a damaged or another file, and go on from piece to piece. They
    need not withstand malice, for nobody but the owner sends pieces.
    """

    key = models.CharField(max_length=64, unique=True, default=new_key, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=20, choices=UploadPurpose.choices)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.CASCADE, related_name="+")  # of a contact list
    name = models.CharField(max_length=255)  # as the owner's machine calls the file
    size_bytes = models.PositiveBigIntegerField()
    first_checksum = models.PositiveBigIntegerField()  # of the first piece: with name and size it tells the same file
    received_bytes = models.PositiveBigIntegerField(default=0)
    checksum = models.PositiveBigIntegerField(default=0)  # of all that was received
    began_at = models.DateTimeField(auto_now_add=True)
    last_piece_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("pending upload")
        verbose_name_plural = _("pending uploads")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=[*SAME, "campaign"], condition=Q(campaign__isnull=False), name="one_upload_per_file_and_campaign"
            ),
            models.UniqueConstraint(
                fields=SAME, condition=Q(campaign__isnull=True), name="one_upload_per_file_and_purpose"
            ),
            models.CheckConstraint(
                condition=Q(received_bytes__lte=F("size_bytes")), name="upload_receives_no_more_than_its_size"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_whole(self) -> bool:
        return self.received_bytes == self.size_bytes
