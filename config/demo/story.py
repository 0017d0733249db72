"""The story of the demo: an operator, an account, a voice, a list, a launch, and the accounts at the end."""

import secrets
import signal
from datetime import time
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from config.demo.processes import BASE_DIR, DidNotStart, SandboxProcess, console, sandbox
from config.demo.terminal import TooSlow, say, table, watch
from dialer import tasks
from dialer.flow import connect, hours, intake, ledger, lifecycle, reports, suppression, voice
from dialer.models import Account, CallWindow, Campaign, ContactList
from dialer.terms import VoiceDelivery
from recordings import archive
from recordings.models import Recording
from recordings.reports import Kept, kept

SAMPLES = BASE_DIR / "samples"
USER = "operator"
PATIENCE_SECONDS = 900  # for each of the four bars; on an idle machine all of them take one or two minutes


def play(*, address: str, once: bool) -> int:
    """Play it, show it, and keep serving until Ctrl-C unless `once`; 0 if everything added up."""
    app_id, access_key, password = "demo", secrets.token_hex(8), secrets.token_urlsafe(9)
    say("\nDialer: a campaign from a dirty spreadsheet to kept recordings. Nobody is really called.\n")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = User.objects.create_superuser(USER, f"{USER}@example.org", password)
    try:
        with sandbox(app_id=app_id, access_key=access_key) as carrier, console(address):
            account = _account(carrier, address, app_id=app_id, access_key=access_key)
            campaign = _campaign(account, user)
            good = _run(campaign, user, carrier)
            if not once:
                say(f"\n  Console   {address}/   user {USER}   password {password}")
                say(f"  Campaign  {address}{reverse('admin:dialer_campaign_change', args=[campaign.pk])}")
                say(f"  Sandbox   {carrier.address}/   what the carrier saw")
                say("\nIt keeps serving. Ctrl-C ends it.")
                _wait_for_ctrl_c()
    except (TooSlow, DidNotStart) as error:
        say(f"\nThe demo failed. {error}")
        return 1
    return 0 if good else 1


def _account(carrier: SandboxProcess, address: str, *, app_id: str, access_key: str) -> Account:
    account = Account.objects.create(
        name="Sandbox Indonesia",
        country="ID",
        app_id=app_id,
        access_key=access_key,
        batch_url=f"{carrier.address}/api/yunhu",
        token_url=f"{carrier.address}/api/yunhu",
    )
    path = reverse("callback", args=[account.pk, account.callback_secret, "bills"])
    carrier.configure(callback_url=f"{address}{path}")
    connect.test(account)
    return account


def _campaign(account: Account, user: User) -> Campaign:
    with (SAMPLES / "voice" / "payment-reminder.m4a").open("rb") as sound:
        voice_file = voice.store(name="Payment reminder", upload=File(sound, name="payment-reminder.m4a"), by=user)
    suppression.add_file(
        SAMPLES / "do-not-call.csv", country=account.country, reason="asked not to be called", source="sample", by=user
    )
    campaign = Campaign.objects.create(
        name="Payment reminder, November",
        account=account,
        voice_file=voice_file,
        voice_delivery=VoiceDelivery.OUR_ADDRESS,
        wants_keypress=True,
        created_by=user,
    )
    CallWindow.objects.bulk_create(
        CallWindow(campaign=campaign, weekday=day, opens=time(0), closes=time(0)) for day in CallWindow.Weekday.values
    )
    hours.widen(campaign, because="The sandbox calls nobody, so the demo may play at any hour.", by=user)
    return campaign


def _run(campaign: Campaign, user: User, carrier: SandboxProcess) -> bool:
    contact_list = _upload(campaign, SAMPLES / "customers-indonesia.xlsx", user)
    watch("Import", lambda: _rows(contact_list), seconds=PATIENCE_SECONDS, is_done=lambda: _is_read(contact_list))
    lifecycle.launch(campaign, by=user)
    tasks.ring("dispatch")
    watch("Dispatch", lambda: _handed_over(campaign), seconds=PATIENCE_SECONDS)
    watch("Calls", lambda: _called(campaign), seconds=PATIENCE_SECONDS)
    watch("Recordings", lambda: _recorded(campaign), seconds=PATIENCE_SECONDS, is_done=lambda: _is_kept(campaign))
    return _accounts(campaign, carrier)


def _upload(campaign: Campaign, path: Path, user: User) -> ContactList:
    """As an operator does: the file, a look at the first rows, the column that was guessed."""
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
    )
    tasks.ring("intake")
    return contact_list


def _rows(contact_list: ContactList) -> tuple[int, int]:
    contact_list.refresh_from_db()
    return contact_list.rows_read, contact_list.row_count or 0


def _is_read(contact_list: ContactList) -> bool:
    return contact_list.state in (ContactList.State.READY, ContactList.State.REJECTED)


def _handed_over(campaign: Campaign) -> tuple[int, int]:
    found = reports.progress(campaign)
    return found.callable_count - found.waiting, found.callable_count


def _called(campaign: Campaign) -> tuple[int, int]:
    """Bills whose callback was lost come only by pull, which the operator may ask for at any time."""
    ledger.ask_now(campaign.account)
    tasks.ring("bills")
    found = reports.progress(campaign)
    return found.done, found.callable_count


def _recorded(campaign: Campaign) -> tuple[int, int]:
    """A fetch that failed is tried again after a pause, or at once when the operator asks."""
    for recording in Recording.objects.filter(state=Recording.State.DUE, due_at__gt=timezone.now()):
        archive.ask_again(recording)
    tasks.ring("recordings")
    tasks.ring("settle")
    found = kept(campaign)
    return found.promised - found.open, found.promised


def _is_kept(campaign: Campaign) -> bool:
    """Everything is fetched, and the campaign has found its end."""
    campaign.refresh_from_db()
    return not kept(campaign).open and campaign.state == Campaign.State.FINISHED


def _accounts(campaign: Campaign, carrier: SandboxProcess) -> bool:
    """The table at the end, and whether it adds up."""
    ours, recordings, theirs = reports.reconciliation(campaign), kept(campaign), carrier.state()
    twice = len(theirs["dialled_twice"])
    table(
        [
            ("Rows of the spreadsheet", ""),
            ("to call", ours.to_call),
            *((f"skipped: {reason.label}", count) for reason, count in ours.skipped.items()),
            ("all rows", ours.rows),
            ("Dialled", ""),
            ("billed by callback", ours.billed_by_callback),
            ("billed by pull only", ours.billed_by_pull_only),
            ("silent", ours.silent),
            ("all dialled", ours.dialled),
            ("Recordings", ""),
            ("kept and verified", recordings.stored),
            ("lost", recordings.lost),
            ("all promised", recordings.promised),
            ("What the carrier counted", ""),
            ("numbers dialled", theirs["numbers_dialled"]),
            ("dialled twice", twice),
            ("rules of its pages broken", len(theirs["violations"])),
        ]
    )
    good = _adds_up(ours, recordings, theirs)
    say(f"\n  {'Everything adds up.' if good else 'IT DOES NOT ADD UP.'}")
    return good


def _adds_up(ours: reports.Reconciliation, recordings: Kept, theirs: dict[str, object]) -> bool:
    return (
        ours.adds_up
        and recordings.adds_up
        and not recordings.open
        and ours.to_call == ours.dialled == theirs["numbers_dialled"]
        and recordings.promised == theirs["recordings_promised"]
        and not theirs["dialled_twice"]
        and not theirs["violations"]
    )


def _wait_for_ctrl_c() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
