"""user, rows -> those of the rows that the user may see: the one place for the rule of teams.

Whoever is in a team sees only what belongs to the accounts of their teams; whoever is in none sees everything. A
campaign is seen by those who see all of its accounts; so are its rows, of which they see those of their accounts.
What belongs to no account is shared: voice files, do-not-call lists, users.

Costs one query for a user, and one more for each large table that is looked at. Accounts are few: their ids are asked
first, so that no list of a million rows is joined with anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from dialer.models import Campaign, Route, Team

Row = TypeVar("Row", bound=Model)
Ids = frozenset[int]

FEW = 20_000  # rows that an index finds and a database sorts at once; of more, those that don't fit are passed over


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """The fields by which rows of a model belong to an account, to a campaign, or to both; "" for none."""

    account: str = ""
    campaign: str = ""
    is_large: bool = False


@dataclass(frozen=True, kw_only=True)
class OfTeam:
    """Rows that belong to a team itself, or to nobody's: by their field "team", "" for a team's own row."""

    team: str


@dataclass(frozen=True, kw_only=True)
class OfPerson:
    """Rows that tell what somebody did: for whoever sees all that this person sees. By the field of the person."""

    person: str


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Rows of a model that everybody sees, and why."""

    because: str


Rule = Belonging | OfTeam | OfPerson | Shared

OF_NO_ACCOUNT = Shared(because="it is about no account")
OF_A_PERSON = Shared(because="its page shows everybody their own")

RULES: dict[str, Rule] = {
    "dialer.account": Belonging(account="pk"),
    "dialer.campaign": Belonging(account="account", campaign="pk"),
    "dialer.attempt": Belonging(account="batch__account", campaign="batch__campaign", is_large=True),
    "dialer.batch": Belonging(account="account", campaign="campaign"),
    "dialer.batchtally": Belonging(account="batch__account", campaign="batch__campaign"),
    "dialer.callback": Belonging(account="account", is_large=True),
    "dialer.callbacknumber": Belonging(account="account", campaign="campaign"),
    "dialer.callrecord": Belonging(account="account", campaign="campaign", is_large=True),
    "dialer.calltally": Belonging(account="account", campaign="campaign"),
    "dialer.callwindow": Belonging(campaign="campaign"),
    "dialer.campaignevent": Belonging(campaign="campaign"),
    "dialer.campaignplan": Belonging(campaign="campaign"),
    "dialer.carrierexchange": Belonging(account="account", campaign="batch__campaign", is_large=True),
    "dialer.carrierfile": Belonging(account="account"),
    "dialer.carrierperiod": Belonging(campaign="campaign"),
    "dialer.contact": Belonging(campaign="campaign", is_large=True),
    "dialer.contactlist": Belonging(campaign="campaign"),
    "dialer.extension": Belonging(account="account"),
    "dialer.launchapproval": Belonging(campaign="campaign"),
    "dialer.launchsheet": Belonging(campaign="campaign"),
    "dialer.loggedexport": OfPerson(person="owner"),
    "dialer.retryrule": Belonging(campaign="campaign"),
    "dialer.route": Belonging(account="account", campaign="campaign"),
    "dialer.testcall": Belonging(account="account", campaign="campaign"),
    "dialer.transfer": Belonging(account="account", campaign="campaign"),
    "dialer.apianswer": OF_A_PERSON,
    "dialer.apitoken": OF_A_PERSON,
    "dialer.export": OF_A_PERSON,
    "dialer.notice": OF_A_PERSON,
    "dialer.noticedelivery": OF_A_PERSON,
    "dialer.noticeway": OF_A_PERSON,
    "dialer.columnchoice": OF_A_PERSON,
    "dialer.pendingupload": OF_A_PERSON,
    "dialer.preference": OF_A_PERSON,
    "dialer.savedfilter": OF_A_PERSON,
    "dialer.bell": OF_NO_ACCOUNT,
    "dialer.callbackbacklog": OF_NO_ACCOUNT,
    "dialer.donotcall": Shared(because="whoever does not want to be called is called by nobody"),
    "dialer.donotcalllist": Shared(because="whoever does not want to be called is called by nobody"),
    "dialer.givenpermission": OF_NO_ACCOUNT,
    "dialer.heartbeat": OF_NO_ACCOUNT,
    "dialer.noticecause": OF_NO_ACCOUNT,
    "dialer.seat": OF_NO_ACCOUNT,
    "dialer.turnedaway": OF_NO_ACCOUNT,
    "dialer.team": OfTeam(team=""),
    "dialer.webhook": OfTeam(team="team"),
    "dialer.webhookdelivery": OfTeam(team="webhook__team"),
    "dialer.voicefile": Shared(because="a message is heard by everybody who is called"),
    "auth.group": OF_NO_ACCOUNT,
    "auth.user": OF_NO_ACCOUNT,
}


def add_rule(label: str, rule: Rule) -> None:
    """For an app that this one does not know: whose the rows of its model are, such as "recordings.recording"."""
    RULES[label] = rule


def accounts_of(user: Any) -> Ids | None:
    """The ids of the accounts whose rows the user sees; None: all. Asked once for each user object."""
    if user is None or user.pk is None or not user.is_active:
        return frozenset()
    if not hasattr(user, "seen_accounts"):
        # A team without accounts gives a row with None: its members are in a team, and see nothing by it.
        found = list(Team.objects.filter(members=user.pk).values_list("accounts", flat=True))
        user.seen_accounts = _present(found) if found else None
    return cast(Ids | None, user.seen_accounts)


def accounts_by_member(users: Iterable[int]) -> dict[int, Ids]:
    """For each of these users who is in a team: the ids of the accounts whose rows they see. One query."""
    found: dict[int, list[int | None]] = {}
    for user, account in Team.objects.filter(members__in=list(users)).values_list("members", "accounts"):
        found.setdefault(user, []).append(account)
    return {user: _present(accounts) for user, accounts in found.items()}


def visible_to(user: Any, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of the rows that the user may see. Raises LookupError for a model of which nobody said whose it is."""
    accounts = accounts_of(user)
    rule = rule_of(rows.model)
    if accounts is None or isinstance(rule, Shared):
        return rows
    if isinstance(rule, OfTeam):
        return rows.filter(**{f"{rule.team}__members" if rule.team else "members": user.pk})
    return visible_through(accounts, rows)


def visible_through(accounts: Ids, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of the rows that somebody sees who sees just these accounts."""
    rule = rule_of(rows.model)
    if isinstance(rule, Shared):
        return rows
    if not accounts or isinstance(rule, OfTeam):
        return rows.none()
    if isinstance(rule, OfPerson):
        return _of_those_who_see_no_more(accounts, rows, rule.person)
    if not rule.account:
        seen = Campaign.objects.filter(account__in=accounts).exclude(pk__in=_beyond(accounts))
        return _within(rows, rule, rule.campaign, seen.values("pk"))
    rows = _within(rows, rule, rule.account, sorted(accounts))
    return rows.exclude(**{f"{rule.campaign}__in": _beyond(accounts)}) if rule.campaign else rows


def sees(user: Any, row: Model) -> bool:
    """May the user see this row?"""
    return visible_to(user, type(row)._default_manager.filter(pk=row.pk)).exists()


def rule_of(model: type[Model]) -> Rule:
    """Raises LookupError if nobody said whose its rows are."""
    try:
        return RULES[model._meta.label_lower]
    except KeyError:
        raise LookupError(f"Whose are the rows of {model._meta.label}? Say it in dialer/flow/visibility.py.") from None


def _of_those_who_see_no_more(accounts: Ids, rows: QuerySet[Row], person: str) -> QuerySet[Row]:
    """The rows of people who are in teams, and in these have none but these accounts."""
    teams = Team.objects.filter(members=OuterRef(person))
    others = Team.accounts.through.objects.filter(team__members=OuterRef(person)).exclude(account__in=accounts)
    return rows.filter(Exists(teams), ~Exists(others))


def _beyond(accounts: Ids) -> QuerySet[Any]:
    """Keys of the campaigns with an account that is none of these."""
    routes = Route.objects.filter(campaign=OuterRef("pk")).exclude(account__in=accounts)
    return Campaign.objects.filter(~Q(account__in=accounts) | Exists(routes)).order_by().values("pk")


def _within(rows: QuerySet[Row], rule: Belonging, field: str, ids: Any) -> QuerySet[Row]:
    """The rows whose `field` is one of the ids.

    Of a large table's many rows those that don't fit are passed over in the order of the list: an index that begins
    with the field would have half of the table read and sorted. If there are few, that index is the best one.
    """
    if rule.is_large and _are_many(rows.model, field, ids):
        return cast(QuerySet[Row], rows.alias(belongs_to=Coalesce(field, Value(0))).filter(belongs_to__in=ids))
    return rows.filter(**{f"{field}__in": ids})


def _are_many(model: type[Model], field: str, ids: Any) -> bool:
    """Are there more than FEW? Of a row that stands for another one, such as a call's recording, those are counted."""
    way, _, rest = field.partition("__")
    relation = model._meta.get_field(way)
    if rest and relation.one_to_one and relation.related_model:
        return _are_many(cast(type[Model], relation.related_model), rest, ids)
    plain = model._default_manager.order_by().filter(**{f"{field}__in": ids})
    return plain.values("pk")[: FEW + 1].count() > FEW


def _present(ids: Iterable[int | None]) -> Ids:
    return frozenset(pk for pk in ids if pk is not None)
