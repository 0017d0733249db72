"""Contact lists and contacts: one uploaded spreadsheet, and each of its rows with its fate."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.models.campaign import Campaign
from dialer.models.claim import Claimable
from dialer.terms import SkipReason


class ContactList(Claimable):
    """One uploaded spreadsheet of one campaign, with what the operator said about its columns."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", pgettext_lazy("state of a list", "Uploaded")
        READING = "reading", pgettext_lazy("state of a list", "Reading")
        READY = "ready", pgettext_lazy("state of a list", "Ready")
        REJECTED = "rejected", pgettext_lazy("state of a list", "Rejected")

    MOVES = {
        State.UPLOADED: {State.READING, State.REJECTED},
        State.READING: {State.UPLOADED, State.READY, State.REJECTED},
        State.READY: set(),
        State.REJECTED: set(),
    }

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="contact_lists"
    )
    file = models.FileField(_("file"), upload_to="contacts/")
    original_name = models.CharField(_("original name"), max_length=255)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="")

    sheet = models.CharField(max_length=255, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    has_header = models.BooleanField(default=True)
    number_column = models.PositiveSmallIntegerField(null=True, blank=True)  # 0-based; None: not confirmed yet
    # Columns of text 1, text 2, …, 0-based, with their headings; null for a text that no column brings.
    text_columns = models.JSONField(default=list, blank=True)
    text_headings = models.JSONField(default=list, blank=True)

    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.UPLOADED)
    complaint = models.TextField(blank=True)  # why it was rejected
    row_count = models.PositiveIntegerField(null=True)  # known when read, estimated by the preview
    rows_read = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name = _("contact list")
        verbose_name_plural = _("contact lists")

    def __str__(self) -> str:
        return self.original_name


class Contact(models.Model):
    """One row of a contact list. Without a skip reason it is to be called; its batch and disposition tell the rest."""

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("campaign"), on_delete=models.CASCADE, related_name="contacts"
    )
    contact_list = models.ForeignKey(
        ContactList, verbose_name=_("contact list"), on_delete=models.CASCADE, related_name="contacts"
    )
    row_number = models.PositiveIntegerField(_("row number"))  # as the spreadsheet program shows it
    raw = models.CharField(max_length=80, blank=True)  # the cell as it was
    texts = models.JSONField(null=True, blank=True)  # text 1, text 2, … of the row; null: no column brings one
    number = models.CharField(max_length=16, blank=True)  # E.164, "" if unreadable
    skip_reason = models.CharField(max_length=20, choices=SkipReason.choices, blank=True, default="")
    duplicate_of_row = models.PositiveIntegerField(null=True)
    postponed_until = models.DateTimeField(null=True)  # was due, but may not be called before

    class Meta:
        ordering = ["pk"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["contact_list", "row_number"], name="one_contact_per_row"),
            models.UniqueConstraint(
                fields=["campaign", "number"],
                condition=~Q(number="") & ~Q(skip_reason=SkipReason.DUPLICATE),
                name="one_contact_per_number_and_campaign",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "skip_reason"], name="contact_by_skip_reason"),
            models.Index(fields=["number"], name="contact_by_number"),
            models.Index(
                fields=["skip_reason", "id", "campaign"], name="contact_skipped", condition=~Q(skip_reason="")
            ),
            models.Index(
                fields=["campaign", "postponed_until"],
                name="contact_postponed",
                condition=Q(postponed_until__isnull=False),
            ),
            models.Index(fields=["id"], name="contact_postponed_in_order", condition=Q(postponed_until__isnull=False)),
            models.Index(
                fields=["campaign", "id"],
                name="contact_postponed_of_campaign",
                condition=Q(postponed_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("row %(number)s") % {"number": self.row_number}
