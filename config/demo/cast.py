"""Who and what the demo needs before anybody is called: two accounts, a voice, two campaigns with their lists."""

import secrets
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config.demo.processes import BASE_DIR, DidNotStart, SandboxProcess
from dialer import tasks
from dialer.flow import connect, hours, intake, money, suppression, voice, voice_placing
from dialer.models import Account, CallWindow, Campaign, ContactList, VoiceFile
from dialer.terms import CarrierName, NumberForm, VoiceDelivery

SAMPLES = BASE_DIR / "samples"
COUNTRY = "ID"


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Fresh ones for each demo, known to the sandbox too."""

    app_id: str
    access_key: str
    secret: str = ""

    @classmethod
    def of_forms(cls) -> "Keys":
        return cls(app_id="demo", access_key=secrets.token_hex(8))

    @classmethod
    def signed(cls) -> "Keys":
        return cls(app_id="demosign", access_key=secrets.token_hex(8), secret=secrets.token_hex(12))

    @property
    def option(self) -> tuple[str, str]:
        """The sandbox's option that makes it know them."""
        if self.secret:
            return "--laaffic", f"{self.app_id}:{self.access_key}:{self.secret}"
        return "--app", f"{self.app_id}:{self.access_key}"


def account_of_forms(carrier: SandboxProcess, keys: Keys) -> Account:
    address = f"{carrier.address}/api/yunhu"
    account = Account.objects.create(
        name="Sandbox Yunhu",
        carrier=CarrierName.YUNHU,
        country=COUNTRY,
        app_id=keys.app_id,
        access_key=keys.access_key,
        batch_url=address,
        token_url=address,
    )
    connect.test(account)
    return account


def signed_account(carrier: SandboxProcess, keys: Keys) -> Account:
    account = Account.objects.create(
        name="Sandbox Laaffic",
        carrier=CarrierName.LAAFFIC,
        country=COUNTRY,
        app_id=keys.app_id,
        access_key=keys.access_key,
        secret=keys.secret,
        sms_app_id="demosms",
        batch_url=f"{carrier.address}/v3",
        number_form=NumberForm.INTERNATIONAL,
        balance_warning=50,
    )
    connect.test(account)
    money.ask(account)
    return account


def tell_callback_addresses(carrier: SandboxProcess, accounts: list[Account], address: str) -> None:
    """As one does in a carrier's console."""
    paths: dict[str, dict[str, str]] = {"bills": {}, "extensions": {}}
    for account in accounts:
        for kind in connect.capabilities_of(account).call_back_kinds:
            path = reverse("callback", args=[account.pk, account.callback_secret, kind])
            paths[kind][account.app_id] = f"{address}{path}"
    carrier.configure(callback_urls=paths["bills"], extension_callback_urls=paths["extensions"])


def reminder(user: User) -> VoiceFile:
    """The voice file of both campaigns."""
    with (SAMPLES / "voice" / "payment-reminder.m4a").open("rb") as sound:
        return voice.store(name="Payment reminder", upload=File(sound, name="payment-reminder.m4a"), by=user)


def block_the_unwilling(user: User) -> None:
    suppression.add_file(
        SAMPLES / "do-not-call.csv", country=COUNTRY, reason="asked not to be called", source="sample", by=user
    )


def customers(account: Account, voice_file: VoiceFile, user: User) -> Campaign:
    """To the first carrier, which fetches the message from our address."""
    return _campaign(
        user,
        name="Payment reminder, November",
        account=account,
        voice_file=voice_file,
        voice_delivery=VoiceDelivery.OUR_ADDRESS,
        wants_keypress=True,
    )


def members(account: Account, voice_file: VoiceFile, user: User) -> Campaign:
    """To the second carrier, where the message lies, with an SMS to those who press 1 or were not reached."""
    voice_placing.place(voice_file, account)
    return _campaign(
        user,
        name="Membership fees, December",
        account=account,
        voice_file=voice_file,
        voice_delivery=VoiceDelivery.CARRIER_FILE,
        wants_keypress=True,
        play_count=2,
        sms_text="Halo ${text1}, iuran ${text2} jatuh tempo ${text3}.",
        sms_on_key="1",
        sms_on_failure=True,
    )


def _campaign(user: User, **wishes: Any) -> Campaign:
    campaign = Campaign.objects.create(created_by=user, **wishes)
    CallWindow.objects.bulk_create(
        CallWindow(campaign=campaign, weekday=day, opens=time(0), closes=time(0)) for day in CallWindow.Weekday.values
    )
    hours.widen(campaign, because="The sandbox calls nobody, so the demo may play at any hour.", by=user)
    return campaign


def upload(campaign: Campaign, name: str, user: User, *, texts: tuple[str, ...] = ()) -> ContactList:
    """As an operator does: the file, a look at the first rows, the column that was guessed, and columns for texts."""
    path: Path = SAMPLES / name
    contact_list = intake.upload(campaign, SimpleUploadedFile(path.name, path.read_bytes()), by=user)
    found = intake.look(contact_list)
    if found.number_column is None:
        raise DidNotStart("No column with numbers was found in the sample.")
    intake.confirm(
        contact_list,
        number_column=found.number_column,
        sheet=found.sheet,
        encoding=found.encoding,
        delimiter=found.delimiter,
        has_header=found.has_header,
        text_columns=[found.header.index(heading) for heading in texts],
    )
    tasks.ring("intake")
    return contact_list
