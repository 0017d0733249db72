"""Voice files: any sound in, the converted one to listen to, and how it gets to the carrier."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, uploads
from dialer.admin.base import ConsoleAdmin
from dialer.admin.doors import address, routes
from dialer.admin.navigation import Place, Section
from dialer.admin.recorder import recorder_context
from dialer.admin.rows import NamedRow, NamedRows, rows_as_seen_by
from dialer.admin.voice_places import VoicePlaces
from dialer.flow import voice, voice_placing
from dialer.flow.mistakes import DialerError
from dialer.flow.visibility import visible_to
from dialer.flow.voice_location import voice_address
from dialer.models import Account, CarrierFile, VoiceFile
from dialer.terms import UploadPurpose


class NewVoiceFileForm(forms.ModelForm):
    """A name and a sound. What the file becomes is the flow's business."""

    class Meta:
        model = VoiceFile
        fields = ["name", "original"]
        widgets = {"original": forms.FileInput(attrs={"accept": "audio/*,video/*"})}
        help_texts = {"original": _("Any sound or video. It is converted to what carriers take.")}


class CarrierFileInline(admin.TabularInline):
    """Whoever may change the voice file may note its names at the carriers that take files in their console only."""

    model = CarrierFile
    form = NamedRow
    formset = NamedRows
    verbose_name = _("name at a carrier")
    verbose_name_plural = _("names at the carriers")

    def has_view_permission(self, request: HttpRequest, obj: VoiceFile | None = None) -> bool:
        return request.user.has_perm("dialer.view_voicefile") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: VoiceFile | None = None) -> bool:
        return request.user.has_perm("dialer.change_voicefile")

    has_add_permission = has_delete_permission = has_change_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[CarrierFile]:
        rows = super().get_queryset(request).exclude(account__carrier__in=voice_placing.carriers_with_files())
        return visible_to(request.user, rows)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "account":
            kwargs["queryset"] = visible_to(request.user, _by_hand())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_extra(self, request: HttpRequest, obj: VoiceFile | None = None, **kwargs: Any) -> int:
        return 0 if obj and self.get_queryset(request).filter(voice_file=obj).exists() else 1

    def get_formset(self, request: HttpRequest, obj: VoiceFile | None = None, **kwargs: Any) -> Any:
        formset = rows_as_seen_by(request.user, super().get_formset(request, obj, **kwargs))
        widget = formset.form.base_fields["account"].widget if "account" in formset.form.base_fields else None
        if widget:
            widget.can_add_related = widget.can_change_related = widget.can_view_related = False
        return formset


@admin.register(VoiceFile)
class VoiceFileAdmin(VoicePlaces, ConsoleAdmin):
    navigation = Place(Section.OPERATE, 30, "voice")
    empty_help = _("A voice file is what people hear when they answer. Upload any sound; it is converted at once.")
    actions = None
    inlines = [CarrierFileInline]

    list_display = ["name", "carrier_label", "length", "size", "state", "uploaded"]
    search_fields = ["name", "carrier_name"]
    readonly_fields = ["players", "length", "size", "notes", "uploaded", "carrier_label", "public_address"]
    fieldsets = [
        (None, {"fields": ["name", "players", "notes", "length", "size", "uploaded"]}),
        (_("For the carrier"), {"fields": ["carrier_label", "public_address"]}),
    ]

    def get_urls(self) -> list[Any]:
        return [*routes(self, place=self.place_view, remove=self.remove_view), *super().get_urls()]

    def get_inlines(self, request: HttpRequest, obj: VoiceFile | None) -> list[Any]:
        """Names are typed where there is an account, or may be one, whose carrier takes no files from here."""
        accounts = visible_to(request.user, Account.objects.all())
        return self.inlines if visible_to(request.user, _by_hand()).exists() or not accounts.exists() else []

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A form of its own: the row is made by the flow, and a sound that is none is said beside its field."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_upload = request.method == "POST"
        uploads.bring(request, UploadPurpose.VOICE_FILE, field="original", is_spent_later=True)
        form = NewVoiceFileForm(request.POST, request.FILES) if is_upload else NewVoiceFileForm()
        form.label_suffix = ""
        if is_upload and form.is_valid():
            voice_file = self._store(request, form)
            if voice_file is not None:
                return HttpResponseRedirect(address(voice_file))
        uploads.forget(request.FILES.get("original"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Add voice file"),
            **uploads.pieces_of(request, UploadPurpose.VOICE_FILE),
            **recorder_context(),
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/dialer/voicefile/add.html", context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        voice_file = kwargs.get("obj")
        if voice_file is not None:
            context["places"] = self.places(request, voice_file)
            context["is_placed_by_hand"] = bool(self.get_inlines(request, voice_file))
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: VoiceFile, form: Any, change: bool) -> None:
        obj.save(update_fields=form.changed_data)  # the name; the sound is never overwritten

    def has_delete_permission(self, request: HttpRequest, obj: VoiceFile | None = None) -> bool:
        """Only what no campaign uses and what was removed from the carriers to which it was uploaded."""
        is_used = obj and (obj.campaigns.exists() or obj.carrier_files.filter(uploaded_at__isnull=False).exists())
        return super().has_delete_permission(request, obj) and not is_used

    def delete_model(self, request: HttpRequest, obj: VoiceFile) -> None:
        files = [obj.original, obj.converted]
        super().delete_model(request, obj)
        transaction.on_commit(lambda: [file.delete(save=False) for file in files])

    def get_queryset(self, request: HttpRequest) -> QuerySet[VoiceFile]:
        return super().get_queryset(request).prefetch_related("carrier_files")

    def _store(self, request: HttpRequest, form: NewVoiceFileForm) -> VoiceFile | None:
        """The new voice file, or None with the reason in the form."""
        name = form.cleaned_data["name"]
        try:
            voice_file = voice.store(name=name, upload=form.cleaned_data["original"], by=request.user)
        except DialerError as error:
            form.add_error("original", str(error))
            return None
        except IntegrityError:  # the same form came twice in one moment
            form.add_error("name", gettext("There is a voice file of this name already."))
            return None
        self.log_addition(request, voice_file, _("Uploaded."))
        messages.success(request, gettext("“%(name)s” is converted. Listen to it before you use it.") % {"name": name})
        return voice_file

    @admin.display(description=_("listen"))
    def players(self, voice_file: VoiceFile) -> SafeString:
        """As it came, and as the people called will hear it."""
        original = reverse("voice-original", args=[voice_file.pk])
        return format_html_join(
            "",
            '<figure class="player"><figcaption>{}</figcaption>'
            '<audio controls preload="none" src="{}"></audio>'
            '<a href="{}?download">{}</a></figure>',
            (
                (gettext("On the telephone"), voice_path(voice_file), voice_path(voice_file), gettext("Download")),
                (gettext("As uploaded"), original, original, voice_file.original_name),
            ),
        )

    @admin.display(description=_("remarks"))
    def notes(self, voice_file: VoiceFile) -> SafeString | str:
        if not voice_file.remarks:
            return gettext("None. The sound is fit for the telephone.")
        items = format_html_join("", "<li>{}</li>", ((remark,) for remark in voice_file.remarks))
        return format_html('<ul class="remarks">{}</ul>', items)

    @admin.display(description=_("length"), ordering="seconds")
    def length(self, voice_file: VoiceFile) -> str:
        return columns.duration(voice_file.seconds)

    @admin.display(description=_("size"), ordering="size_bytes")
    def size(self, voice_file: VoiceFile) -> str:
        return columns.file_size(voice_file.size_bytes)

    @admin.display(description=_("state"))
    def state(self, voice_file: VoiceFile) -> SafeString:
        if voice_file.remarks:
            return columns.state_badge(pgettext("state of a voice file", "has remarks"), "uncertain")
        if voice_file.carrier_files.all():
            return columns.state_badge(pgettext("state of a voice file", "at the carrier"), "ready")
        return columns.state_badge(pgettext("state of a voice file", "not at a carrier"), "draft")

    @admin.display(description=_("uploaded"), ordering="uploaded_at")
    def uploaded(self, voice_file: VoiceFile) -> SafeString | str:
        return columns.when(voice_file.uploaded_at)

    @admin.display(description=_("name for carriers"), ordering="carrier_name")
    def carrier_label(self, voice_file: VoiceFile) -> SafeString | str:
        return columns.copyable(voice_file.carrier_name)

    @admin.display(description=_("public address"))
    def public_address(self, voice_file: VoiceFile) -> SafeString | str:
        return columns.copyable(voice_address(voice_file))


def _by_hand() -> QuerySet[Account]:
    """Accounts whose carrier takes voice files in its own console only."""
    return Account.objects.exclude(carrier__in=voice_placing.carriers_with_files())


def voice_path(voice_file: VoiceFile) -> str:
    """Where this console plays the converted file."""
    return reverse("voice", kwargs={"public_key": voice_file.public_key, "name": voice_file.carrier_name})
