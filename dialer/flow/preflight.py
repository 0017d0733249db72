"""What a launch would do, in numbers, and what stands against it, in sentences."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from dialer import figures
from dialer.calling_rules import NoRulesError, doubts, widens
from dialer.carriers.order import Period
from dialer.flow import money, ordering, routes, texts
from dialer.flow.batching import batch_size
from dialer.flow.hours import hours_of, is_open_within, legal_rules, own_windows
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Campaign, ContactList, DoNotCallList
from dialer.terms import SkipReason, VoiceDelivery

DAYS_AHEAD = 7  # on which a period of the carrier's is compared with the hours


class Place(StrEnum):
    """Where something is mended: a part of the campaign, or the page of a row."""

    WHAT = "what"
    VOICE = "voice"
    NUMBERS = "numbers"
    WHEN = "when"
    SETTINGS = "settings"  # of the campaign, all of them
    ROW = "row"  # an account, a voice file, a list: the finding names it


# Of a campaign's fields; those that are not named stand among all its settings.
PLACES = {
    **dict.fromkeys(["name", "purpose", "account", "kind"], Place.WHAT),
    **dict.fromkeys(
        [
            "voice_file",
            "voice_delivery",
            "speech_text",
            "speech_language",
            "speech_speed",
            "speech_voice",
            "speech_accent",
            "transfer_group",
            "transfer_key",
        ],
        Place.VOICE,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence about a campaign, and where to go to mend what it says."""

    sentence: str
    place: Place
    row: Model | None = None  # of Place.ROW

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """The sheet that an operator confirms. With problems there is no launch; warnings are for thinking."""

    row_count: int
    callable_count: int
    skipped: dict[SkipReason, int]
    batch_size: int
    batch_count: int
    problems: list[Finding]
    warnings: list[Finding]


def preflight(campaign: Campaign) -> Preflight:
    """Counts and sentences as of now; changes nothing and asks no carrier."""
    counts = dict(campaign.contacts.order_by().values_list("skip_reason").annotate(count=Count("pk")))
    lacking_count = texts.lacking(campaign).count()  # skipped at the launch
    callable_count = counts.pop("", 0) - lacking_count
    if lacking_count:
        counts[SkipReason.TEXT_MISSING] = counts.get(SkipReason.TEXT_MISSING, 0) + lacking_count
    size = batch_size(campaign)
    return Preflight(
        row_count=callable_count + sum(counts.values()),
        callable_count=callable_count,
        skipped={reason: counts[reason] for reason in SkipReason if reason in counts},
        batch_size=size,
        batch_count=math.ceil(callable_count / size),
        problems=_problems(campaign, callable_count),
        warnings=_warnings(campaign),
    )


def _problems(campaign: Campaign, callable_count: int) -> list[Finding]:
    problems = []
    if campaign.state not in (Campaign.State.DRAFT, Campaign.State.SCHEDULED):
        problems.append(Finding(sentence=gettext("It was launched already."), place=Place.ROW, row=campaign))
    problems += _list_problems(campaign)
    if not callable_count:
        problems.append(Finding(sentence=_nobody(campaign), place=Place.NUMBERS))
    for route in routes.routes_of(campaign):
        problems += _account_problems(campaign, route.account)
        problems += _order_problems(campaign, route.account)
    problems += _found(_hour_problems(campaign) or _clock_problems(campaign), Place.WHEN)
    return _each_once(problems)


def _nobody(campaign: Campaign) -> str:
    if texts.lacking(campaign).exists():
        return gettext(
            "There is nobody to call: everybody who could be called lacks a text that is used. Upload a list with "
            "these texts, or leave them out of the message and the SMS."
        )
    if campaign.contacts.exists():
        return gettext("There is nobody to call: no row of the lists is called. See why, and upload a corrected list.")
    return gettext("There is nobody to call. Upload a list of numbers.")


def _found(sentences: Iterable[str], place: Place, row: Model | None = None) -> list[Finding]:
    return [Finding(sentence=sentence, place=place, row=row) for sentence in sentences]


def _each_once(findings: Iterable[Finding]) -> list[Finding]:
    """What holds for all accounts is said once."""
    by_sentence: dict[str, Finding] = {}
    for finding in findings:
        by_sentence.setdefault(finding.sentence, finding)
    return list(by_sentence.values())


def _list_problems(campaign: Campaign) -> list[Finding]:
    problems = []
    states = ContactList.State
    for contact_list in campaign.contact_lists.filter(state__in=[states.UPLOADED, states.READING]):
        named = {"list": contact_list}
        if contact_list.number_column is None:
            sentence = gettext("“%(list)s”: choose the column with the numbers, or remove the list.") % named
            problems.append(Finding(sentence=sentence, place=Place.ROW, row=contact_list))
        else:
            sentence = gettext("“%(list)s” is still being read. Wait a moment.") % named
            problems.append(Finding(sentence=sentence, place=Place.NUMBERS))
    return problems


def _order_problems(campaign: Campaign, account: Account) -> list[Finding]:
    """What the account's carrier can't do. A file that is not at the carrier is brought there on its own page."""
    return [
        Finding(sentence=sentence, place=Place.ROW, row=campaign.voice_file)
        if name == "voice_file" and campaign.voice_file
        else Finding(sentence=sentence, place=PLACES.get(name, Place.SETTINGS))
        for name, sentence in ordering.problems(campaign, account)
    ]


def _hour_problems(campaign: Campaign) -> list[str]:
    """Rules must be known, and other hours than the law's need somebody's reason."""
    try:
        law = legal_rules(campaign, on=timezone.now().date())
    except NoRulesError as error:
        return [str(error)]
    own = own_windows(campaign)
    if not hours_of(campaign, on=timezone.now().date()).is_open_soon(timezone.now()):
        return [gettext("With these hours nobody can be called within two weeks. Change the hours.")]
    if own is None or campaign.widened_because:
        return []
    remedy = gettext("%(beyond)s Narrow the hours, or have them widened with a reason.")
    return [remedy % {"beyond": sentence} for sentence in widens(own, law)]


def _hour_warnings(campaign: Campaign) -> list[str]:
    now = timezone.now()
    try:
        hours = hours_of(campaign, on=now.date())
    except DialerError:
        return []  # a problem already
    warnings = []
    if not hours.is_open(now):
        warnings.append(gettext("Nobody is called at this hour. %(hours)s") % {"hours": hours.explain(now)})
    if campaign.widened_because:
        widened = gettext("The law's hours are not kept, nor its public holidays: %(because)s")
        warnings.append(widened % {"because": campaign.widened_because})
    return warnings + doubts(hours.rules, on=now.date())


def _register_warnings(campaign: Campaign) -> list[Finding]:
    lists = DoNotCallList.objects.filter(
        purpose__in=["", campaign.purpose], country__in=["", campaign.account.country], stale_after_days__isnull=False
    )
    return [
        Finding(sentence=_too_old(register), place=Place.ROW, row=register) for register in lists if register.is_stale()
    ]


def _too_old(register: DoNotCallList) -> str:
    days = register.stale_after_days or 0
    sentence = ngettext(
        "The do-not-call list “%(list)s” is older than %(days)s day. Upload a fresh one.",
        "The do-not-call list “%(list)s” is older than %(days)s days. Upload a fresh one.",
        days,
    )
    return sentence % {"list": register, "days": figures.count(days)}


def _clock_problems(campaign: Campaign) -> list[str]:
    """What the carrier is told of the clock must lie within the hours, for there it calls without us."""
    now = timezone.now()
    problems = []
    if campaign.carrier_start_at is not None:
        problems += _start_problems(campaign, campaign.carrier_start_at, now=now)
    for day in range(DAYS_AHEAD):
        for period in ordering.periods(campaign, on=now + timedelta(days=day)):
            if is_open_within(campaign, period.opens, period.closes) is False:
                return [*problems, _beyond_hours(period)]
    return problems


def _beyond_hours(period: Period) -> str:
    sentence = gettext("The carrier's period %(opens)s–%(closes)s goes beyond the hours on %(weekday)s. Narrow it.")
    return sentence % {
        "opens": f"{period.opens:%H:%M}",
        "closes": f"{period.closes:%H:%M}",
        "weekday": date_format(period.opens, "l"),
    }


def _start_problems(campaign: Campaign, at: datetime, *, now: datetime) -> list[str]:
    if at <= now:
        return [
            gettext("The moment at which the carrier is to begin has passed. Choose a later one, or leave it empty.")
        ]
    hours = hours_of(campaign, on=at.date())
    if not hours.is_open_somewhere(at):
        return [gettext("Nobody may be called when the carrier is to begin. %(hours)s") % {"hours": hours.explain(at)}]
    return []


def _account_problems(campaign: Campaign, account: Account) -> list[Finding]:
    problems = []
    named = {"account": account, "own": campaign.account, "because": account.stopped_because}
    if account.country != campaign.account.country:
        sentence = gettext("“%(account)s” calls people of another country than “%(own)s”. Take it out.") % named
        problems.append(Finding(sentence=sentence, place=Place.SETTINGS))
    if not account.is_enabled:
        sentence = gettext("The account “%(account)s” is not in use. Switch it on or choose another.") % named
        problems.append(Finding(sentence=sentence, place=Place.ROW, row=account))
    if account.stopped_because:
        sentence = gettext("The account “%(account)s” was stopped: %(because)s Mend it and test it.") % named
        problems.append(Finding(sentence=sentence, place=Place.ROW, row=account))
    return problems


def _warnings(campaign: Campaign) -> list[Finding]:
    warnings = _voice_warnings(campaign) + _key_warnings(campaign)
    if cut := texts.too_long_count(campaign):
        sentence = ngettext(
            "%(count)s person has a text of more than %(most)s characters: it is cut.",
            "%(count)s people have a text of more than %(most)s characters: it is cut.",
            cut,
        ) % {"count": figures.count(cut), "most": texts.CARRIER_CHARACTERS}
        warnings.append(Finding(sentence=sentence, place=Place.NUMBERS))
    for route in routes.routes_of(campaign):
        if sentence := money.warning(route.account):
            warnings.append(Finding(sentence=sentence, place=Place.ROW, row=route.account))
    return warnings + _found(_hour_warnings(campaign), Place.WHEN) + _register_warnings(campaign)


def _key_warnings(campaign: Campaign) -> list[Finding]:
    key = campaign.transfer_key if campaign.transfer_group else ""
    if not key or key != campaign.opt_out_key:
        return []
    sentence = gettext(
        "Whoever presses %(key)s is put through to an agent and never called again. Choose two different keys."
    )
    return [Finding(sentence=sentence % {"key": key}, place=PLACES["transfer_key"])]


def _voice_warnings(campaign: Campaign) -> list[Finding]:
    voice_file = campaign.voice_file if campaign.voice_delivery != VoiceDelivery.SPOKEN_TEXT else None
    warnings = _found(map(str, voice_file.remarks), Place.ROW, voice_file) if voice_file else []
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if campaign.voice_delivery == VoiceDelivery.OUR_ADDRESS and host in {"localhost", "127.0.0.1", "::1"}:
        sentence = gettext("The carrier fetches the voice file from this machine, which the internet can't reach.")
        warnings.append(Finding(sentence=sentence, place=Place.VOICE))
    if voice_file and voice_file.seconds > campaign.max_call_seconds:
        sentence = gettext("The message is longer than the time after which the call is ended.")
        warnings.append(Finding(sentence=sentence, place=Place.SETTINGS))
    return warnings
