"""`manage.py campaign create|launch|status|export`: the console's orders for scripts on the machine itself.

Each is given in the name of somebody, with that person's permissions, by the same verbs as in the console and the API.
"""

import json
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext
from pydantic import ValidationError

from dialer import tasks
from dialer.admin import export_rows
from dialer.admin.row_texts import takes_texts
from dialer.api import drafts, wishes
from dialer.api.problems import Wrong
from dialer.flow import approvals, exports, handed_in, history, intake, lifecycle
from dialer.flow.approvals import NeedsApproval
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import Preflight, preflight
from dialer.flow.reports import progress
from dialer.flow.visibility import visible_to
from dialer.models import Campaign, ContactList, Export
from dialer.terms import ExportForm, ExportKind

LOOK_AGAIN_SECONDS = 0.5  # while another process does the work
BEING_READ = (ContactList.State.UPLOADED, ContactList.State.READING)
PATIENCE_SECONDS = 3600  # for a list to be read, or an export to be written


class Command(BaseCommand):
    help = "Makes, launches and looks at campaigns, and writes their results into a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        orders = parser.add_subparsers(dest="order", required=True, metavar="create|launch|status|export")
        create = orders.add_parser("create", help="Make a draft of a JSON document, as the REST API takes it.")
        create.add_argument("document", help="The file with the document; - for the standard input.")
        create.add_argument("--numbers", type=Path, metavar="FILE", help="A list of numbers, which is read at once.")
        create.add_argument(
            "--number-column", type=int, metavar="N", help="Of the list; from 1. Default: it is guessed."
        )
        create.add_argument("--text-columns", default="", metavar="N,N", help="Columns of text 1, 2, …; from 1.")
        launch = orders.add_parser("launch", help="Launch a campaign now.")
        launch.add_argument("--yes", action="store_true", help="Do not ask: the numbers are known.")
        status = orders.add_parser("status", help="How far a campaign is.")
        status.add_argument("--json", action="store_true", help="For programs.")
        export = orders.add_parser("export", help="Write the results of a campaign.")
        export.add_argument("--kind", choices=ExportKind.values, default=ExportKind.CONTACTS.value)
        export.add_argument("--form", choices=ExportForm.values, default=ExportForm.CSV.value)
        export.add_argument("--to", type=Path, metavar="FILE", help="Default: the standard output.")
        for one in (launch, status, export):
            one.add_argument("campaign", type=int, help="The number of the campaign.")
        for one in (create, launch, status, export):
            one.add_argument("--by", required=True, metavar="USER", help="In whose name, with whose permissions.")

    def handle(self, *, order: str, by: str, **options: Any) -> None:
        person = get_user_model().objects.filter(username=by, is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active user “{by}”.")
        try:
            getattr(self, f"_{order}")(person, **options)
        except DialerError as error:
            raise CommandError(str(error)) from error
        except Wrong as error:
            raise CommandError(_in_lines(error.errors)) from error

    def _create(
        self,
        person: Any,
        *,
        document: str,
        numbers: Path | None,
        number_column: int | None,
        text_columns: str,
        **_: Any,
    ) -> None:
        require(person, "dialer.add_campaign", *(["dialer.change_campaign"] if numbers else []))
        column = _column(number_column)
        columns = [_column(part) for part in text_columns.split(",")] if text_columns else []
        campaign = drafts.make(_document(document), by=person)
        self.stdout.write(f"Campaign {campaign.pk}, “{campaign}”, is a draft.")
        if numbers:
            self._add_numbers(person, campaign, numbers, column, columns)

    def _add_numbers(
        self, person: Any, campaign: Campaign, path: Path, column: int | None, columns: list[int | None]
    ) -> None:
        """The list is read to its end, by us or by the queue, whichever is first."""
        if columns and not takes_texts(campaign):
            raise CommandError(
                "No carrier of this campaign is told texts of each person. The draft has no numbers yet."
            )
        try:
            with path.open("rb") as file:
                upload = UploadedFile(File(file), name=path.name, size=path.stat().st_size)
                contact_list = handed_in.take_file(
                    campaign, upload, number_column=column, text_columns=columns, by=person
                )
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}. The draft has no numbers yet.") from error
        _wait_for(contact_list, BEING_READ, intake.read_next)
        if contact_list.complaint:
            raise CommandError(f"{contact_list.complaint} The draft has no numbers yet.")
        self._tell(preflight(campaign))

    def _launch(self, person: Any, *, campaign: int, yes: bool, **_: Any) -> None:
        require(person, "dialer.launch_campaign")
        found = campaign_of(campaign, person)
        self._tell(preflight(found))
        if not yes and not _is_confirmed():
            raise CommandError("Nothing was launched. Say --yes if you mean it.")
        try:
            sheet = lifecycle.launch(found, by=person)
        except NeedsApproval as error:
            approvals.ask(found, by=person)
            raise CommandError(f"{error} It is asked for now, in the console. Nobody is called before.") from error
        history.note(found, lambda: gettext("Launched by a command."), by=person)
        tasks.ring("dispatch")
        self.stdout.write(f"Launched: {sheet.callable_count:,} people are called.")

    def _status(self, person: Any, *, campaign: int, **options: Any) -> None:
        require(person, "dialer.view_campaign")
        found = campaign_of(campaign, person)
        seen = progress(found)
        figures = {
            "state": found.state,
            "waiting": seen.waiting,
            "at_the_carrier": seen.at_the_carrier,
            "settled": seen.settled,
            "silent": seen.silent,
            "not_called": seen.not_called,
            "uncertain": seen.uncertain,
        }
        if options["json"]:
            more = {"dispositions": seen.dispositions, "keypresses": seen.keypresses}
            self.stdout.write(json.dumps(figures | more))
            return
        for name, value in figures.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {value}")
        if found.paused_because:
            self.stdout.write(f"paused because: {found.paused_because}")

    def _export(self, person: Any, *, campaign: int, kind: str, form: str, to: Path | None, **_: Any) -> None:
        """The same file as from the console, where it stands among the person's downloads as well."""
        found = campaign_of(campaign, person)
        conditions = f"campaign__id__exact={found.pk}"
        export_rows.list_for(person, kind, conditions)  # says in a sentence if that person may not
        export = exports.order(owner=person, kind=kind, form=form, conditions=conditions, about=str(found))
        _wait_for(export, Export.OPEN, export_rows.write_next)
        if export.state != Export.State.READY:
            raise CommandError(export.remark or "It could not be written.")
        with exports.path_of(export).open("rb") as source:
            if to is None:
                shutil.copyfileobj(source, getattr(self.stdout, "buffer", sys.stdout.buffer))
                return
            try:
                with to.open("wb") as target:
                    shutil.copyfileobj(source, target)
            except OSError as error:
                told = f"{to} can't be written: {error.strerror}. The file stands among the downloads in the console."
                raise CommandError(told) from error
        self.stdout.write(f"{to} is written: {export.rows_written:,} rows.")

    def _tell(self, sheet: Preflight) -> None:
        self.stdout.write(f"{sheet.callable_count:,} of {sheet.row_count:,} rows are called.")
        for reason, count in sheet.skipped.items():
            self.stdout.write(f"  {count:,} skipped: {reason.label}")
        for problem in sheet.problems:
            self.stdout.write(f"  Problem: {problem}")
        for warning in sheet.warnings:
            self.stdout.write(f"  Mind: {warning}")


def require(person: Any, *permissions: str) -> None:
    """Raises CommandError if the person lacks one of them."""
    for permission in permissions:
        if not person.has_perm(permission):
            raise CommandError(f"“{person}” lacks the permission “{permission}”.")


def campaign_of(pk: int, person: Any) -> Campaign:
    """Raises CommandError if there is none that the person sees."""
    rows = visible_to(person, Campaign.objects.select_related("account", "voice_file"))
    found = rows.filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no campaign {pk}.")
    return found


def _document(name: str) -> Any:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return wishes.CampaignIn.model_validate_json(text)
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} can't be read: it is not in UTF-8.") from error
    except OSError as error:
        raise CommandError(f"{name} can't be read: {error.strerror}.") from error
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])) or "document": [one["msg"]] for one in error.errors(include_url=False)}
        raise CommandError(_in_lines(wrong)) from error


def _column(said: Any) -> int | None:
    """A column counted from 1 -> from 0; None for none."""
    if said is None:
        return None
    text = str(said).strip()
    if not text.isdecimal() or int(text) < 1:
        raise CommandError(f"“{text}” is no column. The first one is 1.")
    return int(text) - 1


def _wait_for(row: Any, open_states: Any, do_next: Any) -> None:
    """Help with the work, or wait for those who do it, until the row has its end."""
    until = monotonic() + PATIENCE_SECONDS
    while row.state in open_states:
        if not do_next():
            sleep(LOOK_AGAIN_SECONDS)
        row.refresh_from_db()
        if monotonic() > until:
            raise CommandError("It takes too long. It goes on in the background: look into the console.")


def _is_confirmed() -> bool:
    return sys.stdin.isatty() and input("Launch now? Type yes: ").strip().lower() == "yes"


def _in_lines(errors: Any) -> str:
    return "\n".join(f"{name}: {' '.join(sentences)}" for name, sentences in errors.items())
