"""The forms of the guided path: parts of the campaign's own form, with what only a step asks."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.db import IntegrityError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin.campaign_form import HOURS, PACE, CampaignForm, MomentField, PaceForm
from dialer.admin.campaign_parts import CallWindowInline, RetryRuleInline
from dialer.admin.campaign_wishes import MENU, SPEECH, WHO_AND_WHY
from dialer.admin.voice_file import NewVoiceFileForm
from dialer.flow import drafts, voice
from dialer.flow.connect import capabilities_of
from dialer.flow.drafts import Step
from dialer.flow.hours import zone_of
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, VoiceFile
from dialer.models.preference import house_language
from dialer.terms import CampaignKind, VoiceDelivery

NOW, LATER = "now", "later"


@dataclass(frozen=True, kw_only=True)
class KeptSound:
    """What became of a sound that came with the form: a voice file, or what is wrong, by field."""

    voice_file: VoiceFile | None = None
    errors: dict[str, list[Any]] = field(default_factory=dict)


class VoiceStepForm(CampaignForm):
    """What people hear: a file that is here, one that is uploaded with this form, or a text."""

    kept_sound = KeptSound()  # the upload was converted before, outside of the transaction that saves the form

    new_sound = forms.FileField(
        label=_("Or upload a new sound"),
        required=False,
        allow_empty_file=True,  # the flow says what is wrong with it
        widget=forms.FileInput(attrs={"accept": "audio/*,video/*"}),
        help_text=_("Any sound or video. It is converted to what carriers take, and you can listen to it here."),
    )
    new_name = forms.CharField(
        label=_("Name of the new sound"),
        required=False,
        max_length=80,
        help_text=_("How your team calls it. Empty: as the file."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = capabilities_of(self.instance.account).voice_deliveries
        ways = self.fields["voice_delivery"]
        ways.choices = [choice for choice in VoiceDelivery.choices if choice[0] in possible]

    def clean(self) -> dict[str, Any]:
        for name, sentences in self.kept_sound.errors.items():
            self.add_error(name, sentences)
        return super().clean()

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.kept_sound.errors:  # who meant to upload one did not forget to choose one
            self.errors.pop("voice_file", None)


def keep_sound(sound: Any, name: str, *, by: Any) -> KeptSound:
    """The sound as a voice file; its name is that of the file if none is given. Takes seconds."""
    said = {"name": name or _free_name(Path(sound.name or "").stem)}
    form = NewVoiceFileForm(said, MultiValueDict({"original": [sound]}))
    if not form.is_valid():
        named = {"new_name" if name == "name" else "new_sound": list(errors) for name, errors in form.errors.items()}
        return KeptSound(errors=named)
    try:
        return KeptSound(voice_file=voice.store(name=form.cleaned_data["name"], upload=sound, by=by))
    except DialerError as error:
        return KeptSound(errors={"new_sound": [str(error)]})
    except IntegrityError:  # the same form came twice in one moment
        return KeptSound(errors={"new_name": [gettext("There is a voice file of this name already.")]})


class WhenStepForm(PaceForm):
    """Hours and pace, and whether it starts at the launch or at a set time."""

    start = forms.ChoiceField(
        label=_("Start"),
        choices=[(NOW, _("as soon as it is launched and the hours allow")), (LATER, _("at a set time"))],
        widget=forms.RadioSelect,
    )
    planned_start = MomentField(label=_("Set time"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = zone_of(self.instance)
        planned_start: Any = self.fields["planned_start"]
        planned_start.zone = zone
        planned_start.help_text = gettext(
            "On the clock of the people called (%(zone)s). It is said once more before the launch."
        ) % {"zone": zone.key}
        planned = drafts.planned_start(self.instance, now=timezone.now())
        self.initial.update(start=LATER if planned else NOW, planned_start=planned)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("start") == LATER and "planned_start" not in self.errors:
            self._check_planned(cleaned.get("planned_start"))
        return cleaned

    @property
    def start_at(self) -> datetime | None:
        is_later = self.cleaned_data["start"] == LATER
        return self.cleaned_data["planned_start"] if is_later else None

    def _check_planned(self, at: datetime | None) -> None:
        if at is None:
            self.add_error("planned_start", gettext("Choose day and time."))
        elif at <= timezone.now():
            self.add_error("planned_start", gettext("This moment has passed. Choose a later one."))


FORMS: dict[Step, type[PaceForm]] = {Step.WHAT: CampaignForm, Step.VOICE: VoiceStepForm, Step.WHEN: WhenStepForm}
INLINES: dict[Step, list[Any]] = {Step.WHEN: [CallWindowInline, RetryRuleInline]}

START = (_("Start"), {"fields": ["start", "planned_start"]})
KEYS = (
    _("Key presses"),
    {
        "fields": ["wants_keypress", "opt_out_key"],
        "description": _("If the message asks people to press a key."),
    },
)


def fieldsets_of(step: Step, campaign: Campaign | None, *, may_upload: bool) -> list[Any]:
    """What the step asks of this campaign: nothing that its account's carrier can't do."""
    if step == Step.WHEN:
        return [START, HOURS, PACE]
    if step == Step.VOICE and campaign is not None:
        return [_voice(campaign, may_upload=may_upload), *_menu(campaign), KEYS]
    return [WHO_AND_WHY]


def _voice(campaign: Campaign, *, may_upload: bool) -> tuple[Any, dict[str, Any]]:
    possible = capabilities_of(campaign.account).voice_deliveries
    fields: list[Any] = ["voice_delivery"]
    if possible != {VoiceDelivery.SPOKEN_TEXT}:
        fields += ["voice_file", *(["new_sound", "new_name"] if may_upload else [])]
    if VoiceDelivery.SPOKEN_TEXT in possible:
        fields += [SPEECH[0], SPEECH[1:3], SPEECH[3:5]]
    return _("What people hear"), {"fields": fields}


def _menu(campaign: Campaign) -> list[Any]:
    if campaign.kind != CampaignKind.VOICE_MENU:
        return []
    return [(_("Over to your agents"), {"fields": list(MENU)})]


def _free_name(wish: str) -> str:
    """The wish, with a number behind it if a voice file has this name already."""
    with house_language():
        base = wish.strip()[:70] or gettext("Message")
    taken = set(VoiceFile.objects.filter(name__startswith=base).values_list("name", flat=True))
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
