"""`manage.py roles`: which roles there are and what differs from what they shipped with; `--restore` takes it back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialer import roles
from dialer.roles import Difference


class Command(BaseCommand):
    help = "Shows the roles, with what was changed of each, and restores what they shipped with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="*", help="only these roles")
        parser.add_argument("--restore", action="store_true", help="make them what they shipped with")
        parser.add_argument("--table", action="store_true", help="print who may do what, as in docs/operations.md")

    def handle(self, *, role: list[str], restore: bool, table: bool, **_: Any) -> None:
        """Who has a role keeps it. May be repeated."""
        chosen = [roles.BY_NAME[name.capitalize()] for name in role if name.capitalize() in roles.BY_NAME]
        if len(chosen) != len(role):
            raise CommandError(f"There are these roles: {', '.join(roles.BY_NAME)}.")
        if table:
            self.stdout.write(roles_table())
            return
        if restore:
            roles.restore(chosen or roles.ROLES)
        for difference in roles.differences():
            if not chosen or difference.role in chosen:
                self.stdout.write(_in_words(difference))


def roles_table() -> str:
    """A row for each permission, a column for each role."""
    heading = ["permission", *(role.name for role in roles.ROLES)]
    names = sorted(set().union(*(role.permissions for role in roles.ROLES)), key=_by_noun)
    rows = [[f"`{name}`", *("✓" if name in role.permissions else "" for role in roles.ROLES)] for name in names]
    return "\n".join(_line(cells) for cells in (heading, ["---"] * len(heading), *rows))


def _by_noun(name: str) -> tuple[str, str, str]:
    app, _, codename = name.partition(".")
    verb, _, noun = codename.partition("_")
    return app, noun, verb


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _in_words(difference: Difference) -> str:
    name = difference.role.name
    if difference.is_missing:
        return f"{name}: missing. `manage.py roles {name} --restore` makes it."
    if not difference:
        return f"{name}: as it shipped. {difference.role.sentence}"
    told = [f"lacks {', '.join(difference.lacks)}"] if difference.lacks else []
    told += [f"has besides {', '.join(difference.beyond)}"] if difference.beyond else []
    return f"{name}: changed: {'; '.join(told)}. `manage.py roles {name} --restore` takes that back."
