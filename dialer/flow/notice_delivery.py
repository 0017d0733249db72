"""NoticeDelivery -> a message by e-mail or to a chat service: claimed, sent without a transaction, noted.

A message of a process that was killed may have arrived, so it is not sent again: the console has the notice anyway.
What surely did not arrive is tried again with growing pauses.
"""

import logging
import smtplib
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from dialer import chat
from dialer.flow import notices, state
from dialer.flow.mistakes import DialerError
from dialer.models import NoticeDelivery, NoticeWay
from dialer.models.preference import as_preferred
from dialer.terms import NoticeChannel

logger = logging.getLogger(__name__)

PAUSES_SECONDS: Final = (60, 300, 1800, 7200)  # between tries; after the last one it is given up
State = NoticeDelivery.State


class NotDelivered(Exception):
    """`str(error)` is a sentence without secrets. `may_be_repeated`: the message has surely not arrived."""

    def __init__(self, sentence: str, *, may_be_repeated: bool) -> None:
        super().__init__(sentence)
        self.may_be_repeated = may_be_repeated


def send_next() -> bool:
    """One message that is due is sent and noted; whether there was one. May be rung twice or late."""
    deliveries = NoticeDelivery.objects.order_by("due_at", "pk")
    unclear = gettext("It was broken off while it was being sent. Whether it arrived is not known.")
    state.expire_claims(
        deliveries.filter(state=State.SENDING), to=State.FAILED, complaint=unclear, ended_at=timezone.now()
    )
    delivery = state.claim(
        deliveries.filter(state=State.DUE, due_at__lte=timezone.now()),
        to=State.SENDING,
        lease_seconds=settings.LEASE_SECONDS,
        tries=F("tries") + 1,
    )
    if delivery is None:
        return False
    with as_preferred(delivery.way.person):  # who reads the message, and why it did not leave
        _deliver(delivery)
    return True


def send_test(way: NoticeWay) -> None:
    """A test message has left by this way. Raises DialerError with the complaint, which the way keeps."""
    try:
        _send(way, gettext("Dialer: a test"), gettext("Notices for you arrive here."))
    except NotDelivered as error:
        NoticeWay.objects.filter(pk=way.pk).update(complaint=str(error))
        raise DialerError(str(error)) from None
    NoticeWay.objects.filter(pk=way.pk).update(sent_at=timezone.now(), complaint="")


def _deliver(delivery: NoticeDelivery) -> None:
    try:
        _send(delivery.way, *_message(delivery))
    except NotDelivered as error:
        _note_failure(delivery, error)
        return
    now = timezone.now()
    state.advance(delivery, State.SENT, token=delivery.claim_token, complaint="", ended_at=now)
    NoticeWay.objects.filter(pk=delivery.way_id).update(sent_at=now, complaint="")


def _message(delivery: NoticeDelivery) -> tuple[str, str]:
    """Title and text; the link leads through the console, which shows it to whoever may see it."""
    notice = delivery.notice
    link = settings.PUBLIC_URL + reverse("admin:dialer_notice_open", args=[notice.pk])
    title = f"Dialer: {notices.sentence(notice)}"
    return title, "\n\n".join(part for part in (notices.sentence(notice), notice.reason, link) if part)


def _send(way: NoticeWay, title: str, body: str) -> None:
    if way.channel == NoticeChannel.EMAIL:
        _send_email(way, title, body)
    else:
        _send_chat(way, title, body)


def _send_email(way: NoticeWay, title: str, body: str) -> None:
    if not settings.SENDS_EMAIL or not way.person.email:
        sentence = gettext("No mail server is set up here, or you have no e-mail address.")
        raise NotDelivered(sentence, may_be_repeated=False)
    message = EmailMessage(" ".join(title.split()), body, to=[way.person.email])
    try:
        message.send()
    except smtplib.SMTPResponseException as error:  # the server's own words may hold addresses
        is_passing = 400 <= error.smtp_code < 500 or isinstance(error, smtplib.SMTPConnectError)
        sentence = gettext("The mail server refused it (%(code)s).") % {"code": error.smtp_code}
        raise NotDelivered(sentence, may_be_repeated=is_passing) from None
    except smtplib.SMTPRecipientsRefused:
        sentence = gettext("The mail server does not take e-mail for your address.")
        raise NotDelivered(sentence, may_be_repeated=False) from None
    except (smtplib.SMTPServerDisconnected, TimeoutError):
        sentence = gettext("The mail server broke off. Whether the e-mail arrived is not known.")
        raise NotDelivered(sentence, may_be_repeated=False) from None
    except (OSError, smtplib.SMTPException):
        raise NotDelivered(gettext("The mail server can't be reached."), may_be_repeated=True) from None


def _send_chat(way: NoticeWay, title: str, body: str) -> None:
    try:
        chat.send(way.address, title=title, body=body, allow_private_addresses=settings.NOTICES_PRIVATE_ADDRESSES)
    except chat.ChatError as error:
        raise NotDelivered(str(error), may_be_repeated=error.may_be_repeated) from None


def _note_failure(delivery: NoticeDelivery, error: NotDelivered) -> None:
    is_last = delivery.tries > len(PAUSES_SECONDS)
    NoticeWay.objects.filter(pk=delivery.way_id).update(complaint=str(error))
    if error.may_be_repeated and not is_last:
        due_at = timezone.now() + timedelta(seconds=PAUSES_SECONDS[delivery.tries - 1])
        state.advance(delivery, State.DUE, token=delivery.claim_token, complaint=str(error), due_at=due_at)
        return
    logger.warning("notice delivery %s was given up", delivery.pk)
    state.advance(delivery, State.FAILED, token=delivery.claim_token, complaint=str(error), ended_at=timezone.now())
