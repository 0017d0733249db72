"""An account: our credentials and settings at one carrier."""

import secrets
from decimal import Decimal
from ipaddress import ip_network
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.models.secret import EncryptedTextField
from dialer.terms import CarrierName, NumberForm


def new_callback_secret() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def house_batch_size() -> int:
    """Numbers in a batch unless an operator says otherwise."""
    return settings.HOUSE_BATCH_SIZE


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless the name is one of the tz database."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(
            gettext("“%(name)s” is no time zone. Use a name such as Asia/Shanghai.") % {"name": name}
        ) from error


def check_networks(text: str) -> None:
    """Raise ValidationError unless each line or comma-separated part is an address or a network."""
    for part in split_networks(text):
        try:
            ip_network(part, strict=False)
        except ValueError as error:
            raise ValidationError(
                gettext("“%(part)s” is no address or network such as 203.0.113.0/24.") % {"part": part}
            ) from error


def split_networks(text: str) -> list[str]:
    return text.replace(",", " ").split()


class Account(models.Model):
    """Credentials, addresses and number rules at one carrier, with the token that all processes share."""

    name = models.CharField(_("name"), max_length=80, unique=True, help_text=_("How your team calls this account."))
    carrier = models.CharField(max_length=20, default=CarrierName.YUNHU)
    is_enabled = models.BooleanField(
        _("in use"), default=True, help_text=_("Nothing is sent with an account that is not in use.")
    )

    app_id = EncryptedTextField(_("app id"), help_text=_("As the carrier gave it to you."))
    access_key = EncryptedTextField(_("access key"), help_text=_("As the carrier gave it to you."))
    secret = EncryptedTextField(_("secret"), default="", blank=True, help_text=_("As the carrier gave it to you."))
    # How a carrier calls its addresses and keys, and which of them it has, its capabilities say.
    batch_url = models.URLField(_("address for batches"))
    token_url = models.URLField(_("address for bills and recordings"), blank=True)
    paths = models.TextField(
        _("other paths"),
        blank=True,
        help_text=_(
            "Only if the carrier told you that one of its services has another path: name = /path, one a line."
        ),
    )
    sms_app_id = models.CharField(
        _("app id for SMS"),
        max_length=32,
        blank=True,
        help_text=_("Of the SMS application that the carrier set up for you. Needed for SMS after calls only."),
    )

    country = models.CharField(_("country"), max_length=2, help_text=_("The country of the people who are called."))
    country_code = models.CharField(
        _("carrier's country code"),
        max_length=10,
        blank=True,
        help_text=_("Only if the carrier told you another one than the usual."),
    )
    time_zone = models.CharField(
        _("carrier's time zone"),
        max_length=40,
        default="Asia/Shanghai",
        validators=[check_time_zone],
        help_text=_("In which the carrier writes its times. UTC+8 (Asia/Shanghai) unless it told you otherwise."),
    )
    number_form = models.CharField(
        _("number form"),
        max_length=20,
        choices=NumberForm.choices,
        default=NumberForm.NATIONAL,
        help_text=_("How the carrier wants the numbers."),
    )
    dial_prefix = models.CharField(
        _("dial prefix"),
        max_length=8,
        blank=True,
        validators=[RegexValidator(r"^\d*$", _("Digits only."))],
        help_text=_("Digits that the carrier wants in front of each number; usually none."),
    )
    caller_id = models.CharField(
        _("caller ID"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\d*$", _("Digits only."))],
        help_text=_("The number shown to the people called. Empty: the carrier chooses."),
    )
    batch_size = models.PositiveIntegerField(
        _("batch size"),
        default=house_batch_size,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text=_("Numbers handed over at a time. What was handed over can't be called back, so keep it small."),
    )

    open_batch_limit = models.PositiveSmallIntegerField(
        _("batches at a time"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Batches handed over and not billed to the end. Empty: any number."),
    )
    numbers_per_minute = models.PositiveIntegerField(
        _("numbers per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as fast as the carrier takes them."),
    )
    at_carrier_limit = models.PositiveIntegerField(
        _("at the carrier at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("People handed over and not billed yet, over all campaigns. Empty: any number."),
    )

    callback_secret = EncryptedTextField(default=new_callback_secret, editable=False)
    allowed_sources = models.TextField(
        _("callbacks allowed from"),
        blank=True,
        validators=[check_networks],
        help_text=_("Addresses or networks, one a line. Empty: from anywhere that knows the secret address."),
    )

    callback_answer = models.CharField(
        _("answer to callbacks"),
        max_length=200,
        blank=True,
        help_text=_("What the carrier hears after each callback. Only if it told you that it wants another text."),
    )

    token = EncryptedTextField(default="", blank=True, editable=False)
    token_obtained_at = models.DateTimeField(null=True, editable=False)

    next_pull_at = models.DateTimeField(null=True, editable=False, db_index=True)
    pulled_at = models.DateTimeField(null=True, editable=False)  # last time that bills up to the present were read
    pull_from = models.DateTimeField(null=True, editable=False)  # where the next window of bills starts
    pull_window_seconds = models.PositiveIntegerField(default=6 * 3600, editable=False)
    pull_complaint = models.TextField(blank=True, editable=False)

    balance = models.DecimalField(null=True, max_digits=16, decimal_places=4, editable=False)
    balance_gift = models.DecimalField(null=True, max_digits=16, decimal_places=4, editable=False)
    balance_credit = models.DecimalField(null=True, max_digits=16, decimal_places=4, editable=False)
    balance_asked_at = models.DateTimeField(null=True, editable=False)  # last time that the carrier told it
    next_balance_at = models.DateTimeField(null=True, editable=False)
    balance_complaint = models.TextField(blank=True, editable=False)  # why it could not be asked for last time
    balance_warning = models.DecimalField(
        _("warn below"),
        null=True,
        blank=True,
        max_digits=16,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text=_("Of the balance, in the currency of the account. Empty: warn only when nothing is left."),
    )

    tested_at = models.DateTimeField(null=True, editable=False)  # last time that the connection was tested
    test_complaint = models.TextField(blank=True, editable=False)  # what that test found; empty if it worked

    stopped_because = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Account {self.pk}: {self.name}>"

    @property
    def balance_total(self) -> Decimal | None:
        """What calls can be made for; None if the carrier never told."""
        if self.balance is None:
            return None
        return self.balance + (self.balance_gift or 0) + (self.balance_credit or 0)

    @property
    def own_paths(self) -> dict[str, str]:
        """Our name of a service -> its path at this carrier, where the operator was told another one."""
        pairs = (line.partition("=") for line in self.paths.splitlines() if line.strip())
        return {name.strip(): path.strip() for name, _, path in pairs}

    def clean(self) -> None:
        """Raise ValidationError for an address with a secret in it: only app id and key are stored encrypted."""
        sentence = gettext("Leave user and password out of the address: it is not stored encrypted.")
        addresses = {name: getattr(self, name) or "" for name in ("batch_url", "token_url")}
        wrong = {name: sentence for name, address in addresses.items() if "@" in urlsplit(address).netloc}
        if wrong:
            raise ValidationError(wrong)
