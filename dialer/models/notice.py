"""Notices: what people are told, by which ways they want it, and what became of each message."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.models.claim import Claimable
from dialer.models.secret import EncryptedTextField
from dialer.terms import NoticeChannel, NoticeKind


class NoticeCause(models.Model):
    """Something that holds now and was told. Its row goes when it holds no more, so that it may be news again."""

    key = models.CharField(max_length=120, primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Notice(models.Model):
    """One event for one person. The database allows one for each, so nobody is told twice."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    key = models.CharField(max_length=160)  # names the event
    kind = models.CharField(max_length=30, choices=NoticeKind.choices)
    name = models.CharField(max_length=200, blank=True)  # of what it is about
    reason = models.TextField(blank=True)  # without numbers and secrets
    subject = models.CharField(max_length=30, blank=True)  # what it is about: a campaign, an account, …
    subject_id = models.PositiveBigIntegerField(null=True)
    is_in_console = models.BooleanField(default=True)  # else the person wants it by other ways only
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_notice_per_event_and_person")]
        indexes = [
            models.Index(
                fields=["person"], name="notice_unread", condition=Q(read_at__isnull=True, is_in_console=True)
            ),
            models.Index(fields=["at"], name="notice_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}" if self.name else self.get_kind_display()


class NoticeWay(models.Model):
    """A way by which one person wants to be told of some kinds. Without a row the console tells of every kind."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_ways")
    channel = models.CharField(max_length=20, choices=NoticeChannel.choices)
    name = models.CharField(max_length=60, blank=True)  # of a chat, as its owner calls it
    address = EncryptedTextField(default="", blank=True)  # of a chat; an e-mail goes to the person's own address
    kinds = models.JSONField(default=list, blank=True)
    sent_at = models.DateTimeField(null=True)  # the last message that arrived
    complaint = models.TextField(blank=True)  # why the last one did not

    class Meta:
        ordering = ["pk"]
        verbose_name = _("notice way")
        verbose_name_plural = _("notice ways")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "channel"],
                condition=~Q(channel=NoticeChannel.CHAT),
                name="one_way_per_person_and_channel",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.get_channel_display()


class NoticeDelivery(Claimable):
    """One notice by one way, from the order to the message. A message that may have left is never sent again."""

    class State(models.TextChoices):
        DUE = "due", pgettext_lazy("state of a message", "Due")
        SENDING = "sending", pgettext_lazy("state of a message", "Sending")
        SENT = "sent", pgettext_lazy("state of a message", "Sent")
        FAILED = "failed", pgettext_lazy("state of a message", "Failed")

    MOVES = {
        State.DUE: {State.SENDING},
        State.SENDING: {State.DUE, State.SENT, State.FAILED},
        State.SENT: set(),
        State.FAILED: set(),
    }

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    way = models.ForeignKey(NoticeWay, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=20, choices=State.choices, default=State.DUE)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    complaint = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("notice delivery")
        verbose_name_plural = _("notice deliveries")
        constraints = [models.UniqueConstraint(fields=["notice", "way"], name="one_delivery_per_notice_and_way")]
        indexes = [models.Index(fields=["state", "due_at"], name="notice_delivery_due")]

    def __str__(self) -> str:
        return gettext("%(notice)s by %(way)s") % {"notice": self.notice, "way": self.way}
