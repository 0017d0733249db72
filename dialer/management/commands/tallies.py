"""`manage.py tallies`: compares the tallies of calls with a full count; `--fill` counts them afresh."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialer.flow import tallies


class Command(BaseCommand):
    help = "Compares the tallies of calls, from which pages take their sums, with a full count of call records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fill", action="store_true", help="count those that differ afresh")

    def handle(self, *, fill: bool, **_: Any) -> None:
        """One campaign at a time. May be repeated, and may run while Dialer is served."""
        wrong = [which for which in tallies.slices() if tallies.differs(which)]
        if fill:
            for which in wrong:
                tallies.rebuild(which)
            self.stdout.write(f"{_name(len(wrong))} counted afresh." if wrong else "All tallies were right.")
        elif wrong:
            raise CommandError(
                f"The tallies of {_name(len(wrong))} are not what its call records say. "
                "`manage.py tallies --fill` counts them afresh."
            )
        else:
            self.stdout.write("All tallies are right.")


def _name(count: int) -> str:
    return "1 campaign" if count == 1 else f"{count} campaigns"
