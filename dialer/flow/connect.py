"""account -> a carrier that can be asked: its credentials, its shared token, its exchange log."""

import time
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from dialer import carriers
from dialer.carriers.contract import AccountSettings, Capabilities, Carrier, CarrierError, Exchange, OutcomeUnknown
from dialer.carriers.http import Wire
from dialer.flow.seat import hold
from dialer.models import Account, Batch, CarrierExchange
from dialer.models.preference import house_language
from dialer.terms import NumberForm

TOKEN_HOURS = 12  # Yunhu's page on the token
TOKEN_MARGIN_MINUTES = 10  # a token about to end is not used for a request that may outlive it
LOGIN_SECONDS = 45  # one login, with the HTTP total of 40 s
CHECK_IS_FRESH = timedelta(minutes=1)  # so old a check is not repeated before a launch
LOGIN_LOOK_SECONDS = 0.2  # pause between two looks at what the process that logs in has found


def carrier_of(account: Account, *, batch: Batch | None = None) -> Carrier:
    """The account's carrier, ready to be asked; every exchange is kept, with the batch if one is given."""
    return carriers.speak(account.carrier, _settings_of(account), AccountToken(account), wire_of(account, batch=batch))


def wire_of(account: Account, *, batch: Batch | None = None) -> Wire:
    """The account's line to the outside, for what is not a question to the carrier (fetching a recording)."""

    def keep(exchange: Exchange) -> None:
        CarrierExchange.objects.create(
            account=account,
            batch=batch,
            purpose=exchange.purpose[:40],
            url=exchange.url[:500],
            request=exchange.request,
            status=exchange.status,
            response=exchange.response,
            elapsed_milliseconds=exchange.elapsed_milliseconds,
            complaint=exchange.complaint,
        )

    return Wire(
        recorder=keep,
        total_seconds=settings.HTTP_TOTAL_SECONDS,
        allow_private_addresses=settings.CARRIER_PRIVATE_ADDRESSES,
    )


def capabilities_of(account: Account) -> Capabilities:
    """What the account's carrier can do; asks nobody."""
    return carriers.capabilities(account.carrier)


def test(account: Account) -> str:
    """Log in afresh; a sentence that says who we are there. The account knows when it was tested and with what end.

    One that works is not stopped any more. Raises CarrierError, whose sentence the account keeps, so both are in the
    installation's language. May be repeated.
    """
    row = Account.objects.filter(pk=account.pk)
    try:
        with house_language():
            answer = carrier_of(account).check()
    except CarrierError as error:
        row.update(tested_at=timezone.now(), test_complaint=str(error))
        raise
    row.update(tested_at=timezone.now(), test_complaint="", stopped_because="")
    return answer


def check_lately(account: Account) -> str:
    """The credentials were checked within the last minute; what was found, "" if they work. Never raises.

    An account that was stopped stays so: only `test` says that it was mended.
    """
    now = timezone.now()
    if account.tested_at is None or account.tested_at < now - CHECK_IS_FRESH:
        try:
            with house_language():
                carrier_of(account).check()
            account.test_complaint = ""
        except CarrierError as error:
            account.test_complaint = str(error)
        account.tested_at = timezone.now()
        found = {"tested_at": account.tested_at, "test_complaint": account.test_complaint}
        Account.objects.filter(pk=account.pk).update(**found)
    return account.test_complaint


def clear_token(account: Account) -> None:
    """The account has no token, neither at the carrier nor here; the next question logs in again. May be repeated.

    Raises CarrierError; then the token is as it was.
    """
    carrier_of(account).log_out()


class AccountToken:
    """The account's token in its row, renewed by one process at a time while the others wait for it."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def current(self) -> str:
        row = Account.objects.only("token", "token_obtained_at").get(pk=self.account.pk)
        if not row.token or row.token_obtained_at is None:
            return ""
        ends_at = row.token_obtained_at + timedelta(hours=TOKEN_HOURS, minutes=-TOKEN_MARGIN_MINUTES)
        return row.token if timezone.now() < ends_at else ""

    def renew(self, spent: str, log_in: Callable[[], str]) -> str:
        """A token other than `spent`. Raises OutcomeUnknown if another process's login does not end in time."""
        ends = time.monotonic() + LOGIN_SECONDS
        while time.monotonic() < ends:
            with hold(f"token:{self.account.pk}", seconds=LOGIN_SECONDS) as is_ours:
                token = self.current()
                if token and token != spent:
                    return token
                if is_ours:
                    token = log_in()
                    self._keep(token)
                    return token
            time.sleep(LOGIN_LOOK_SECONDS)
        raise OutcomeUnknown(gettext("Another process is logging in to the carrier and gets no answer."))

    def forget(self) -> None:
        self._keep("")

    def _keep(self, token: str) -> None:
        Account.objects.filter(pk=self.account.pk).update(
            token=token, token_obtained_at=timezone.now() if token else None
        )


def _settings_of(account: Account) -> AccountSettings:
    return AccountSettings(
        app_id=account.app_id,
        access_key=account.access_key,
        secret=account.secret,
        batch_url=account.batch_url,
        token_url=account.token_url,
        country=account.country,
        country_code=account.country_code,
        time_zone=ZoneInfo(account.time_zone),
        number_form=NumberForm(account.number_form),
        dial_prefix=account.dial_prefix,
        paths=account.own_paths,
    )
