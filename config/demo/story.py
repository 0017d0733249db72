"""The story of the demo: an operator, an account at each carrier, two campaigns, and the accounts at the end."""

import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from config.demo import cast
from config.demo.processes import DidNotStart, SandboxProcess, console, sandbox
from config.demo.terminal import TooSlow, say, table, watch
from dialer import tasks
from dialer.flow import ledger, lifecycle, reports
from dialer.models import Campaign, ContactList
from dialer.terms import SkipReason
from recordings import archive
from recordings.models import Recording
from recordings.reports import Kept, kept

USER = "operator"
PATIENCE_SECONDS = 900  # for each of the four bars; on an idle machine all of them take one or two minutes


@dataclass(frozen=True, kw_only=True)
class Part:
    """One campaign with its list."""

    campaign: Campaign
    contact_list: ContactList


def play(*, address: str, once: bool) -> int:
    """Play it, show it, and keep serving until Ctrl-C unless `once`; 0 if everything added up."""
    forms, signed, password = cast.Keys.of_forms(), cast.Keys.signed(), secrets.token_urlsafe(9)
    say("\nDialer: two campaigns at two carriers, from spreadsheets to kept recordings. Nobody is really called.\n")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = User.objects.create_superuser(USER, f"{USER}@example.org", password)
    try:
        with sandbox(forms.option, signed.option) as carrier, console(address):
            parts = _parts(carrier, address, user, forms, signed)
            good = _run(parts, user, carrier)
            if not once:
                say(f"\n  Console   {address}/   user {USER}   password {password}")
                for part in parts:
                    say(f"  Campaign  {address}{reverse('admin:dialer_campaign_change', args=[part.campaign.pk])}")
                say(f"  Sandbox   {carrier.address}/   what the carriers saw")
                say("\nIt keeps serving. Ctrl-C ends it.")
                _wait_for_ctrl_c()
    except (TooSlow, DidNotStart) as error:
        say(f"\nThe demo failed. {error}")
        return 1
    return 0 if good else 1


def _parts(carrier: SandboxProcess, address: str, user: User, forms: cast.Keys, signed: cast.Keys) -> list[Part]:
    accounts = [cast.account_of_forms(carrier, forms), cast.signed_account(carrier, signed)]
    cast.tell_callback_addresses(carrier, accounts, address)
    cast.block_the_unwilling(user)
    voice_file = cast.reminder(user)
    customers = cast.customers(accounts[0], voice_file, user)
    members = cast.members(accounts[1], voice_file, user)
    texts = ("Nama", "Iuran", "Jatuh tempo")
    return [
        Part(campaign=customers, contact_list=cast.upload(customers, "customers-indonesia.xlsx", user)),
        Part(campaign=members, contact_list=cast.upload(members, "members-indonesia.csv", user, texts=texts)),
    ]


def _run(parts: list[Part], user: User, carrier: SandboxProcess) -> bool:
    watch("Import", _all(parts, _rows), seconds=PATIENCE_SECONDS, is_done=lambda: all(map(_is_read, parts)))
    for part in parts:
        lifecycle.launch(part.campaign, by=user)
        part.campaign.refresh_from_db()
    tasks.ring("dispatch")
    watch("Dispatch", _all(parts, _handed_over), seconds=PATIENCE_SECONDS)
    watch("Calls", _all(parts, _called), seconds=PATIENCE_SECONDS)
    watch("Recordings", _all(parts, _recorded), seconds=PATIENCE_SECONDS, is_done=lambda: all(map(_is_kept, parts)))
    return _accounts([part.campaign for part in parts], carrier)


def _all(parts: list[Part], count: Callable[[Part], tuple[int, int]]) -> Callable[[], tuple[int, int]]:
    """The sums over all campaigns."""

    def counted() -> tuple[int, int]:
        found = [count(part) for part in parts]
        return sum(done for done, _ in found), sum(whole for _, whole in found)

    return counted


def _rows(part: Part) -> tuple[int, int]:
    part.contact_list.refresh_from_db()
    return part.contact_list.rows_read, part.contact_list.row_count or 0


def _is_read(part: Part) -> bool:
    return part.contact_list.state in (ContactList.State.READY, ContactList.State.REJECTED)


def _handed_over(part: Part) -> tuple[int, int]:
    found = reports.progress(part.campaign)
    return found.callable_count - found.waiting, found.callable_count


def _called(part: Part) -> tuple[int, int]:
    """Bills whose callback was lost come only by pull, which the operator may ask for at any time."""
    ledger.ask_now(part.campaign.account)
    tasks.ring("bills")
    found = reports.progress(part.campaign)
    return found.done, found.callable_count


def _recorded(part: Part) -> tuple[int, int]:
    """A fetch that failed is tried again after a pause, or at once when the operator asks."""
    for recording in Recording.objects.filter(state=Recording.State.DUE, due_at__gt=timezone.now()):
        archive.ask_again(recording)
    tasks.ring("recordings")
    tasks.ring("settle")
    found = kept(part.campaign)
    return found.promised - found.open, found.promised


def _is_kept(part: Part) -> bool:
    """Everything is fetched, and the campaign has found its end."""
    part.campaign.refresh_from_db()
    return not kept(part.campaign).open and part.campaign.state == Campaign.State.FINISHED


def _accounts(campaigns: list[Campaign], carrier: SandboxProcess) -> bool:
    """The table at the end, and whether it adds up."""
    ours = [reports.reconciliation(campaign) for campaign in campaigns]
    recordings = [kept(campaign) for campaign in campaigns]
    theirs, calls = carrier.state(), carrier.calls()
    reasons = [reason for reason in SkipReason if any(reason in one.skipped for one in ours)]
    table(
        [
            ("", [str(campaign.account) for campaign in campaigns]),
            ("Rows of the spreadsheets", []),
            ("to call", [one.to_call for one in ours]),
            *((f"skipped: {reason.label}", [one.skipped.get(reason, 0) for one in ours]) for reason in reasons),
            ("all rows", [one.rows for one in ours]),
            ("Dialled", []),
            ("billed by callback", [one.billed_by_callback for one in ours]),
            ("billed by pull only", [one.billed_by_pull_only for one in ours]),
            ("silent", [one.silent for one in ours]),
            ("all dialled", [one.dialled for one in ours]),
            ("Recordings", []),
            ("kept and verified", [one.stored for one in recordings]),
            ("lost", [one.lost for one in recordings]),
            ("all promised", [one.promised for one in recordings]),
            ("What the carriers counted", []),
            ("people dialled", [theirs["numbers_dialled"]]),
            ("dialled twice", [len(theirs["dialled_twice"])]),
            ("SMS after calls", [theirs["sms_sent"]]),
            ("rules of their pages broken", [len(theirs["violations"])]),
        ]
    )
    good = _adds_up(ours, recordings, theirs, calls)
    say(f"\n  {'Everything adds up.' if good else 'IT DOES NOT ADD UP.'}")
    return good


def _adds_up(
    ours: list[reports.Reconciliation],
    recordings: list[Kept],
    theirs: dict[str, object],
    calls: list[dict[str, Any]],
) -> bool:
    return (
        all(one.adds_up and one.to_call == one.dialled for one in ours)
        and all(one.adds_up and not one.open for one in recordings)
        and sum(one.dialled for one in ours) == theirs["numbers_dialled"]
        and _is_every_promise_known(sum(one.promised for one in recordings), calls)
        and not theirs["dialled_twice"]
        and not theirs["violations"]
        and bool(theirs["sms_sent"])
    )


def _is_every_promise_known(promised: int, calls: list[dict[str, Any]]) -> bool:
    """One carrier names a recording in its status report only: of one that did not get through, nobody knows."""
    recorded = [call for call in calls if call["has_recording"]]
    in_doubt = [call for call in recorded if call["carrier"] == "laaffic" and "sent" not in call["callbacks"]]
    return len(recorded) - len(in_doubt) <= promised <= len(recorded)


def _wait_for_ctrl_c() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
