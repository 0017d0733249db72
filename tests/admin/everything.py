"""A console in which everything has happened: nouns in all states, at both carriers. And all its pages."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from dialer.admin import phone_numbers
from dialer.flow import launch_sheet
from dialer.models import (
    Account,
    ApiToken,
    Batch,
    Callback,
    CallRecord,
    Campaign,
    ContactList,
    DoNotCallList,
    Export,
    Notice,
    NoticeWay,
    Route,
    SavedFilter,
    TestCall,
    TurnedAway,
    VoiceFile,
    WebhookDelivery,
)
from dialer.terms import (
    CampaignKind,
    Disposition,
    ExportForm,
    ExportKind,
    ExtensionState,
    NoticeChannel,
    NoticeKind,
    SkipReason,
    TaskState,
    VoiceDelivery,
    WebhookKind,
)
from recordings.models import Recording
from tests import factories

LONG = "Reminder of the payment that is due in December, for customers on the islands, second try"

# Addresses that are no pages: files, answers for scripts, and the way out, after which nobody is logged in.
NO_PAGES = {"logout", "jsi18n", "autocomplete", "view_on_site", "login", "app_list"}
ROWS_LOOKED_THROUGH = 500


def furnish(person: User) -> list[Campaign]:
    """Rows of everything, for this person where they are somebody's own; the campaigns."""
    first, second = factories.make_account(name="Jakarta, marketing"), factories.make_laaffic_account()
    stopped = factories.make_account(name=LONG[:60], stopped_because="The carrier says that the key is wrong (401).")
    campaigns = []
    for account in (first, second):
        voice = {"voice_delivery": VoiceDelivery.OUR_ADDRESS} if account is first else {}
        for state in Campaign.State:
            name = f"{state.label} {account.pk} {LONG}"[:64]
            campaigns.append(factories.make_campaign(account=account, state=state, name=name, **voice))
    menu = factories.make_campaign(account=first, kind=CampaignKind.VOICE_MENU, state=Campaign.State.RUNNING)
    empty = factories.make_campaign(account=stopped, voice_file=None, widened_because="")
    Route.objects.create(campaign=campaigns[2], account=second, share=2)
    Route.objects.create(campaign=campaigns[2], account=stopped, closed_because="Refused: the key is wrong.")
    Group.objects.get_or_create(name="Night shift")
    DoNotCallList.objects.create(name="National register", country="ID", stale_after_days=30)
    fill(person, [*campaigns, menu, empty])
    return [*campaigns, menu, empty]


def fill(person: User, campaigns: list[Campaign]) -> None:
    """As many rows again of everything that grows in a console with these campaigns."""
    for campaign in campaigns:
        _campaign_rows(person, campaign)
    running = next(campaign for campaign in campaigns if campaign.state == Campaign.State.RUNNING)
    _batches_and_calls(running)
    _batches_and_calls(next(c for c in reversed(campaigns) if c.account.carrier != running.account.carrier))
    for account in Account.objects.all():
        _account_rows(account, running)
    _own_rows(person, running)
    for reason in SkipReason:
        factories.make_skipped_contact(reason, campaign=running)
    TurnedAway.objects.create(
        on=timezone.localdate(),
        source=f"203.0.113.{TurnedAway.objects.count()}",
        reason=TurnedAway.Reason.SECRET,
        last_at=timezone.now(),
    )
    factories.make_do_not_call(reason="asked on the telephone not to be called again", added_by=person)


def _campaign_rows(person: User, campaign: Campaign) -> None:
    for state in ContactList.State:
        complaint = "It is no spreadsheet." * (state == ContactList.State.REJECTED)
        factories.make_contact_list(campaign=campaign, state=state, complaint=complaint)
    contacts = factories.make_contacts(2, campaign=campaign)
    if campaign.state not in (Campaign.State.DRAFT, Campaign.State.SCHEDULED):
        factories.make_batch(contacts=contacts, state=Batch.State.ACCEPTED)
    if campaign.state != Campaign.State.DRAFT:
        launch_sheet.keep(campaign, by=person, now=timezone.now())
    for state in TestCall.State:
        TestCall.objects.create(
            campaign=campaign,
            account=campaign.account,
            number=factories.fresh_number(),
            state=state,
            message="The carrier says: number not allowed." * (state == "refused"),
            called_by=person,
        )


def _batches_and_calls(campaign: Campaign) -> None:
    for state in Batch.State:
        batch = factories.make_batch(campaign=campaign, state=state)
        Batch.objects.filter(pk=batch.pk).update(
            message="code 1007: the balance is not sufficient" * (state in ("refused", "uncertain")),
            task_state=TaskState.CALLING,
        )
        factories.make_exchange(account=batch.account, batch=batch, purpose="send batch")
    settled = campaign.batches.filter(state=Batch.State.SETTLED).latest("pk")
    for disposition in Disposition:
        factories.make_call_record(batch=settled, disposition=disposition)
    for state in Recording.State:
        cost = {"cost": Decimal("0.0123"), "currency": "USD"}
        _recording(factories.make_call_record(batch=settled, keypress="1", recording_name="a.mp3", **cost), state)


def _recording(record: CallRecord, state: str) -> None:
    stored: dict[str, Any] = {}
    if state == Recording.State.STORED:
        content = factories.mp3()
        file = ContentFile(content, name=f"{record.pk}.mp3")
        stored = {"file": file, "size_bytes": len(content), "seconds": 2, "stored_at": timezone.now()}
        stored |= {"content_type": "audio/mpeg", "sha256": "0" * 64}
    soon = timezone.now() + timedelta(days=2)
    complaint = "The carrier has no such file." * (state != Recording.State.STORED)
    Recording.objects.create(
        call_record=record, state=state, deadline_at=soon, due_at=soon, complaint=complaint, **stored
    )


def _account_rows(account: Account, running: Campaign) -> None:
    voice_file = factories.make_voice_file()
    VoiceFile.objects.filter(pk=voice_file.pk).update(name=f"{voice_file.pk} {LONG}"[:80])
    factories.make_carrier_file(voice_file=voice_file, account=account, name_at_carrier=f"{'long_name_' * 6}.mp3")
    for state in Callback.State:
        complaint = "The body is no JSON." * (state == Callback.State.UNREADABLE)
        factories.make_callback(account=account, state=state, complaint=complaint)
    factories.make_exchange(account=account, request='{"destnumber": "+62812***"}', response='{"code": 200}')
    factories.make_exchange(account=account, status=None, complaint="Nobody answered within 40 seconds.")
    for extension in ExtensionState:
        factories.make_extension(account=account, state=extension, number=factories.fresh_number())
    factories.make_transfer(account=account, campaign=running)
    now = timezone.now()
    factories.make_transfer(account=account, rang_at=now - timedelta(minutes=2), ended_at=now - timedelta(minutes=1))


def _own_rows(person: User, running: Campaign) -> None:
    now = timezone.now()
    for state in Export.State:
        Export.objects.create(
            owner=person,
            kind=ExportKind.CALLS,
            form=ExportForm.XLSX,
            about=LONG,
            state=state,
            row_count=1000,
            rows_written=400,
            size_bytes=52_000,
            expires_at=now + timedelta(days=7),
        )
    for kind in NoticeKind:
        for read_at in (None, now):
            Notice.objects.create(
                person=person,
                key=f"{kind}:{Notice.objects.count()}",
                kind=kind,
                name=LONG,
                at=now,
                read_at=read_at,
                reason="Too many of the newest calls failed.",
                subject="campaign",
                subject_id=running.pk,
            )
    NoticeWay.objects.create(
        person=person,
        channel=NoticeChannel.CHAT,
        name="Night shift",
        address="json://127.0.0.1/secret",
        kinds=NoticeKind.values,
    )
    hook = factories.make_webhook(stopped_because="Nobody answered for three days.", complaint="connection refused")
    for state in WebhookDelivery.State:
        WebhookDelivery.objects.create(
            webhook=hook,
            event_id=f"call:{hook.pk}:{state}",
            kind=WebhookKind.CALL_ANSWERED,
            at=now,
            due_at=now,
            content={"number": "+62812*****78"},
            state=state,
            complaint="HTTP 500" * (state == "given_up"),
        )
    factories.make_token(person)
    ApiToken.objects.filter(pk=ApiToken.objects.latest("pk").pk).update(last_used_at=now)
    factories.make_token(person, expires_at=now - timedelta(days=1))
    name = f"Answered, this week {SavedFilter.objects.count()}"
    SavedFilter.objects.create(user=person, page="dialer.callrecord", name=name, query="disposition__exact=answered")


def page_addresses(client: Client) -> list[str]:
    """Each page of the console that this person can look at, by the site's own addresses; none of them breaks."""
    found = []
    for address in _addresses():
        answer = client.get(address)
        assert answer.status_code in (200, 302, 403, 404, 405), f"{address}: {answer.status_code}"
        is_page = answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html")
        if is_page and b"<html" in answer.content:
            found.append(address)
    return found


def _addresses() -> Iterator[str]:
    for pattern, model in _patterns(admin.site.get_urls()):
        if pattern.name and pattern.name not in NO_PAGES:
            for arguments in _arguments(pattern, model):
                yield reverse(f"admin:{pattern.name}", kwargs=arguments)


def _patterns(urls: list[Any], model: type[Model] | None = None) -> Iterator[tuple[URLPattern, type[Model] | None]]:
    models = {f"{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}
    for url in urls:
        if isinstance(url, URLResolver):
            yield from _patterns(url.url_patterns, models[str(url.pattern)])
        else:
            yield url, model


def _arguments(pattern: URLPattern, model: type[Model] | None) -> Iterator[dict[str, Any]]:
    """What may stand in the address: nothing, the kinds of it, or the keys of rows that look different."""
    match sorted(pattern.pattern.converters):
        case []:
            yield {}
        case ["kind"]:
            yield from ({"kind": kind} for kind in ExportKind)
        case ["kind", "pk"]:
            for kind, holder in phone_numbers.KINDS.items():
                if row := holder._default_manager.exclude(number="").order_by("pk").last():
                    yield {"kind": kind, "pk": row.pk}
        case [("pk" | "object_id" | "id") as name] if model:
            keys = different_rows(model)
            looks_alike = str(pattern.name).endswith(("_history", "_delete"))
            yield from ({name: key} for key in (keys[:1] if looks_alike else keys))
        case ["key"]:
            return  # a file
        case other:
            raise AssertionError(f"nobody knows what to write into {pattern}: {other}")


def different_rows(model: type[Model]) -> list[Any]:
    """The keys of the first row for each way that its page looks."""
    faces: dict[Any, Any] = {}
    for row in model._default_manager.order_by("pk")[:ROWS_LOOKED_THROUGH]:
        faces.setdefault(_face(row), row.pk)
    return list(faces.values())


def _face(row: Any) -> tuple[Any, ...]:
    carrier = row.account.carrier if isinstance(row, Campaign) else getattr(row, "carrier", "")
    kind = row.kind if isinstance(row, Campaign) else ""
    return getattr(row, "state", ""), carrier, kind, bool(getattr(row, "stopped_because", ""))
