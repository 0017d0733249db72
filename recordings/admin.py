"""Recordings: what is kept, what is still at the carrier and for how long, and the player.

Call records get their player here too: `dialer` does not know this app, so this app puts its own page in the place
of that one.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import BooleanField, Q, QuerySet, Value
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import figures, tasks
from dialer.admin import columns, phone_numbers
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.call_record import CallRecordAdmin
from dialer.admin.doors import ORDER, back_to, door, routes
from dialer.admin.filters import CAMPAIGN, OfCampaign, unaided, within_days
from dialer.admin.links import to_row
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.flow import history
from dialer.flow.visibility import FEW, visible_to
from dialer.models import CallRecord
from recordings import archive
from recordings.models import Recording

SOON = timedelta(days=14)
State = Recording.State
OPEN = (State.DUE, State.FETCHING)
SHORT: dict[str, str | Promise] = {
    State.GONE: pgettext_lazy("state of a recording", "gone"),
    State.LOST: pgettext_lazy("state of a recording", "lost"),
}
CAN_BE_ASKED_AGAIN = (State.DUE, State.GONE, State.LOST)
STATE, DEADLINE = "state__exact", "deadline"
OF_DEADLINE = {"soon": OPEN, "later": OPEN, "missed": (State.LOST,)}


class Listening:
    """For a page: its rows say whether the one who looks may listen, and its list has one player for all of them."""

    class Media:
        css = {"all": ["recordings/player.css"]}
        js = ["recordings/player.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        is_allowed = Value(request.user.has_perm("recordings.listen_recording"), BooleanField())
        return super().get_queryset(request).annotate(may_listen=is_allowed)


def player(recording: Recording) -> SafeString:
    """Nothing is loaded before somebody presses play, for that is written down."""
    return format_html('<audio controls preload="none" src="{}"></audio>', _sound(recording))


def play_link(recording: Recording, row: Any) -> SafeString:
    """A small button for a list; the one player there takes the sound from it."""
    call_record = recording.call_record
    number = columns.number(call_record.number, is_full=row.shows_full_numbers)
    return format_html(
        '<a class="play" href="{}" data-play="{}"><span class="visually-hidden">{} </span>{}</a>',
        _sound(recording),
        f"{strip_tags(number)} · {strip_tags(columns.when(call_record.started_at))}",
        gettext("Play"),
        columns.duration(recording.seconds),
    )


def download_link(recording: Recording) -> SafeString:
    return format_html('<a class="button" href="{}?download">{}</a>', _sound(recording), gettext("Download"))


def state_of(recording: Recording) -> SafeString:
    return columns.state_badge(recording.get_state_display(), recording.state)


def short_state_of(recording: Recording) -> SafeString:
    """Where there is little room: "lost" without why."""
    return columns.state_badge(SHORT.get(recording.state, recording.get_state_display()), recording.state)


def _sound(recording: Recording) -> str:
    return reverse("recording", args=[recording.pk])


def wanted_states(request: HttpRequest) -> Sequence[str]:
    """The states that the filters of this address ask for; none for all."""
    state = request.GET.get(STATE)
    return [state] if state else OF_DEADLINE.get(request.GET.get(DEADLINE, ""), ())


def in_states(recordings: QuerySet[Recording], states: Sequence[str]) -> QuerySet[Recording]:
    """Those in one of these states: found by the states if they are few, else the others are passed over."""
    return recordings.filter(state__in=states) if are_few(states) else unaided(recordings, "state", *states)


def are_few(states: Sequence[str]) -> bool:
    return Recording.objects.filter(state__in=states).order_by().values("pk")[: FEW + 1].count() <= FEW


class OfCallsCampaign(OfCampaign):
    """A campaign, by its calls. Of few recordings in the wanted states each is looked at.

    Otherwise the calls lead to them, in the order of the list; all have a recording's name, and so does their index.
    """

    field = "call_record__campaign"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recording]) -> QuerySet[Recording]:
        states = wanted_states(request)
        if not states or not are_few(states):
            return super().queryset(request, queryset.exclude(call_record__recording_name=""))
        return unaided(queryset, self.field, self.chosen) if self.said(CAMPAIGN) else queryset


class ByState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = STATE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recording]) -> QuerySet[Recording]:
        state = self.value()
        return in_states(queryset, [state]) if state else queryset


class ByDeadline(admin.SimpleListFilter):
    """How long the carrier still has what we lack."""

    title = _("deadline")
    parameter_name = DEADLINE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("open, within 14 days")), ("later", _("open, later")), ("missed", _("missed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recording]) -> QuerySet[Recording]:
        states = OF_DEADLINE.get(self.value() or "")
        if not states:
            return queryset
        soon = timezone.now() + SOON
        near = {"soon": Q(deadline_at__lt=soon), "later": Q(deadline_at__gte=soon)}
        return in_states(queryset, states).filter(near.get(self.value() or "", Q()))


@admin.register(Recording)
class RecordingAdmin(Listening, phone_numbers.NumbersShown, ReadOnlyAdmin):
    navigation = Place(Section.OPERATE, 40, "recordings")
    empty_help = _(
        "When the carrier promises a recording of a call, it is fetched, checked and kept here, long before the "
        "carrier deletes it. There is nothing to do."
    )
    list_display = ["called", "the_number", "the_state", "lengths", "size", "deadline", "tried", "play"]
    list_select_related = ["call_record"]
    list_filter = [
        within_days("call_record__started_at"),
        OfCallsCampaign,
        ByState,
        ByDeadline,
    ]
    search_fields = ["call_record__number__exact"]
    ordering = ["-call_record__started_at", "-pk"]
    sortable_by: list[str] = []
    empty_value_display = columns.NOTHING
    actions = ["ask_again"]
    fieldsets = [
        (_("Listen"), {"fields": ["listen", "download"]}),
        (
            _("The call"),
            {"fields": ["call_link", "called", "the_number", "campaign_link", "talked"]},
        ),
        (
            _("The recording"),
            {"fields": ["the_state", "complaint", "recorded", "size", "stored", "deadline", "next_try", "tries"]},
        ),
        (_("The file"), {"fields": ["content_type", "sha256"], "classes": ["collapse"]}),
    ]

    def get_urls(self) -> list[Any]:
        return [*routes(self, ask_again=self.ask_again_view), *super().get_urls()]

    def has_order_permission(self, request: HttpRequest) -> bool:
        """Nobody edits a recording; whoever might may have it fetched."""
        return request.user.has_perm("recordings.change_recording")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Recording], search_term: str
    ) -> tuple[QuerySet[Recording], bool]:
        if not search_term.strip():
            return queryset, False
        found = phone_numbers.find(
            queryset, search_term, "call_record__number", may_guess=self.sees_full_numbers(request)
        )
        return (queryset.none() if found is None else found.rows), False

    def attention(self, request: HttpRequest) -> list[Attention]:
        seen = visible_to(request.user, Recording.objects.all())
        near = seen.filter(state__in=OPEN, deadline_at__lt=timezone.now() + SOON)
        return [
            Attention(
                count=capped_count(near),
                text=gettext("Recordings vanish at the carrier within 14 days"),
                remedy=gettext("They are asked for again and again. See why that fails, mend it, and fetch them now."),
                query="deadline=soon",
                is_alarm=True,
            ),
            Attention(
                count=capped_count(seen.filter(state=State.LOST)),
                text=gettext("Recordings are lost: their deadline has passed"),
                remedy=gettext("Ask the carrier whether it still has them; if so, ask for them again here."),
                query=f"state__exact={State.LOST}",
                is_alarm=True,
            ),
            Attention(
                count=capped_count(seen.filter(state=State.GONE)),
                text=gettext("The carrier says that it has no such recordings"),
                remedy=gettext("Ask the carrier why, with the call’s id, and ask for them again here."),
                query=f"state__exact={State.GONE}",
            ),
        ]

    @admin.action(description=_("Fetch now"), permissions=["order"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        asked = 0
        for recording in queryset.filter(state__in=CAN_BE_ASKED_AGAIN):
            if archive.ask_again(recording):
                asked += 1
                history.note(recording, lambda: gettext("Ordered it to be fetched now."), by=request.user)
        if not asked:
            messages.warning(request, gettext("They are here already, or being fetched."))
            return
        tasks.ring("recordings")
        done = ngettext("%(count)s recording is fetched now.", "%(count)s recordings are fetched now.", asked)
        messages.success(request, done % {"count": figures.count(asked)})

    @door("change_recording", methods=ORDER)
    def ask_again_view(self, request: HttpRequest, recording: Recording) -> HttpResponseBase:
        self.ask_again(request, Recording.objects.filter(pk=recording.pk))
        return back_to(recording)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        recording = self.get_object(request, object_id)
        is_open = recording is not None and recording.state in CAN_BE_ASKED_AGAIN
        more = {"may_ask_again": is_open and self.has_order_permission(request)}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @admin.display(description=_("call"))
    def called(self, row: Recording) -> SafeString | str:
        return columns.when(row.call_record.started_at)

    @admin.display(description=_("number"))
    def the_number(self, row: Any) -> Any:
        return phone_numbers.shown(row.call_record.number, row, about=row.call_record)

    @admin.display(description=_("state"))
    def the_state(self, row: Recording) -> SafeString:
        return state_of(row)

    @admin.display(description=_("recorded / talked"))
    def lengths(self, row: Recording) -> str:
        return f"{self.recorded(row)} / {self.talked(row)}"

    @admin.display(description=_("recorded"))
    def recorded(self, row: Recording) -> str:
        return columns.duration(row.seconds) if row.state == State.STORED else columns.NOTHING

    @admin.display(description=_("talked for"))
    def talked(self, row: Recording) -> str:
        return columns.duration(row.call_record.talk_seconds)

    @admin.display(description=_("size"))
    def size(self, row: Recording) -> str:
        return columns.file_size(row.size_bytes)

    @admin.display(description=_("carrier keeps it"))
    def deadline(self, row: Recording) -> SafeString | str:
        """Only of interest while we lack it."""
        if row.state not in OPEN:
            return columns.NOTHING
        left = row.deadline_at - timezone.now()
        days = max(left.days, 0)
        words = ngettext("%(days)s day left", "%(days)s days left", days) % {"days": figures.count(days)}
        return columns.state_badge(words, "alarm") if left < SOON else words

    @admin.display(description=_("next try"))
    def next_try(self, row: Recording) -> SafeString | str:
        return columns.when(row.due_at if row.state == State.DUE else None)

    @admin.display(description=_("kept since"))
    def stored(self, row: Recording) -> SafeString | str:
        return columns.when(row.stored_at)

    @admin.display(description=_("tries"))
    def tried(self, row: Recording) -> str:
        if not row.tries:
            return row.complaint or columns.NOTHING
        told = {"count": figures.count(row.tries), "complaint": row.complaint}
        if not row.complaint:
            return ngettext("%(count)s try", "%(count)s tries", row.tries) % told
        return ngettext("%(count)s try. %(complaint)s", "%(count)s tries. %(complaint)s", row.tries) % told

    @admin.display(description=_("listen"))
    def play(self, row: Any) -> SafeString | str:
        return play_link(row, row) if row.may_listen and row.state == State.STORED else columns.NOTHING

    @admin.display(description=_("sound"))
    def listen(self, row: Any) -> SafeString | str:
        if row.state != State.STORED:
            return columns.NOTHING
        return player(row) if row.may_listen else gettext("You may not listen.")

    @admin.display(description=_("file"))
    def download(self, row: Any) -> SafeString | str:
        return download_link(row) if row.may_listen and row.state == State.STORED else columns.NOTHING

    @admin.display(description=_("call record"))
    def call_link(self, row: Recording) -> SafeString | str:
        return to_row(row.call_record)

    @admin.display(description=_("campaign"))
    def campaign_link(self, row: Recording) -> SafeString | str:
        return to_row(row.call_record.campaign)


admin.site.unregister(CallRecord)


@admin.register(CallRecord)
class CallRecordWithSoundAdmin(Listening, CallRecordAdmin):
    """Call records, with what is kept of their sound."""

    list_display = [*CallRecordAdmin.list_display, "play"]
    list_select_related = [*CallRecordAdmin.list_select_related, "recording"]
    fieldsets = [(_("Recording"), {"fields": ["sound"]}), *CallRecordAdmin.fieldsets]

    def sound_of(self, row: Any) -> SafeString | str:
        return self._sound_of(row, lambda recording: play_link(recording, row), state_of) if row.recording_name else ""

    @admin.display(description=_("recording"))
    def play(self, row: Any) -> SafeString | str:
        return self._sound_of(row, lambda recording: play_link(recording, row), short_state_of)

    @admin.display(description=_("sound"))
    def sound(self, row: Any) -> SafeString | str:
        return self._sound_of(row, lambda one: format_html("{}{}", player(one), to_row(one)), state_of)

    def _sound_of(
        self, row: Any, played: Callable[[Recording], SafeString], told: Callable[[Recording], SafeString]
    ) -> SafeString | str:
        """What is kept is played, if one may listen; of the rest the state is told."""
        recording = getattr(row, "recording", None)
        if recording is None:
            return gettext("promised") if row.recording_name else columns.NOTHING
        if recording.state == State.STORED and row.may_listen:
            return played(recording)
        return to_row(recording, told(recording))
