"""A campaign as a document: the console's own form and rows judge it, so that there is one set of rules.

The document's fields are made of the form's, so that a wish that the console learns is known here as well.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, cast

from django import forms
from django.db import IntegrityError, transaction
from django.forms import BaseInlineFormSet, inlineformset_factory, model_to_dict, modelform_factory
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, override
from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, create_model

from dialer.admin.base import as_seen_by
from dialer.admin.campaign_form import OF_A_DRAFT, CampaignForm
from dialer.admin.campaign_parts import CarrierPeriodForm, CarrierPeriodRows, RetryRuleForm, RouteForm, RouteRows
from dialer.admin.campaign_wishes import NEEDS
from dialer.admin.rows import NamedRow, NamedRows, rows_as_seen_by
from dialer.api.problems import Wrong
from dialer.api.shapes import AskedMoment, Id, Moment, Text
from dialer.flow import history
from dialer.models import CallWindow, Campaign, CarrierPeriod, RetryRule, Route

MOST_PARTS = 100  # rows of one kind
CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False)


def _fields_of_a_draft() -> list[str]:
    """Those of the form's page that are columns of the campaign."""
    listed: list[str] = []
    for _, part in cast(Any, OF_A_DRAFT):
        for entry in part["fields"]:
            listed += [entry] if isinstance(entry, str) else entry
    own = {field.name for field in Campaign._meta.fields}
    return [name for name in listed if name in own]


FIELDS = _fields_of_a_draft()
DraftForm: Any = modelform_factory(Campaign, form=CampaignForm, fields=FIELDS)
FORM_FIELDS: dict[str, forms.Field] = {name: DraftForm.base_fields[name] for name in FIELDS}

# Name in the document -> the rows of the console's page.
PARTS: dict[str, Any] = {
    "windows": inlineformset_factory(
        Campaign, CallWindow, form=NamedRow, formset=NamedRows, fields=["weekday", "opens", "closes"]
    ),
    "again": inlineformset_factory(Campaign, RetryRule, form=RetryRuleForm, formset=NamedRows),
    "further_accounts": inlineformset_factory(Campaign, Route, form=RouteForm, formset=RouteRows),
    "periods": inlineformset_factory(
        Campaign, CarrierPeriod, form=CarrierPeriodForm, formset=CarrierPeriodRows, max_num=3, validate_max=True
    ),
}


def _type(field: forms.Field) -> Any:
    match field:
        case forms.ModelChoiceField():
            return Id
        case forms.BooleanField():
            return bool
        case forms.FloatField():
            return float
        case forms.IntegerField():
            return Annotated[int, Field(ge=0, le=2**31 - 1)]
        case forms.DateTimeField():
            return AskedMoment
        case forms.TimeField():
            return Annotated[str, Field(pattern=r"^\d\d:\d\d$", description="hours and minutes, such as 09:30")]
    words = _choices(field)
    return Annotated[int, Field(ge=0, le=9)] if words and all(word.isdigit() for word in words) else Text


def _choices(field: forms.Field) -> list[str]:
    """The words that may stand in the field; none are told where they depend on rows."""
    if isinstance(field, forms.ModelChoiceField) or not isinstance(field, forms.ChoiceField):
        return []
    return [str(value) for value, _ in cast(Any, field.choices) if str(value)]


@override("en")  # the document is for programmers, in whatever language people read the console
def _described(field: forms.Field) -> str:
    label, words = str(field.label or ""), _choices(field)
    parts = [label, "" if "<" in str(field.help_text) else str(field.help_text)]
    return ". ".join(part.rstrip(".") for part in parts if part) + (f". One of: {', '.join(words)}" if words else "")


def _document(name: str, form_fields: Mapping[str, forms.Field], **more: Any) -> type[Schema]:
    """Only what the console asks for in any case must be there."""
    described: dict[str, Any] = {}
    for key, field in form_fields.items():
        wanted = _is_wanted(name, key, field)
        kind = _type(field) if wanted else _type(field) | None
        described[key] = (kind, Field(... if wanted else None, description=_described(field)))
    return create_model(name, __base__=_Asked, **described, **more)


class _Asked(Schema):
    model_config = CONFIG


def _is_wanted(name: str, key: str, field: forms.Field) -> bool:
    """A campaign has a default for most of what its form asks for."""
    if name != "CampaignIn":
        return field.required
    return key in ("name", "account")


def _rows(name: str, formset: Any) -> type[Schema]:
    return _document(name, {key: field for key, field in formset.form.base_fields.items() if key != "campaign"})


ROWS = {
    "windows": _rows("Window", PARTS["windows"]),
    "again": _rows("Again", PARTS["again"]),
    "further_accounts": _rows("FurtherAccount", PARTS["further_accounts"]),
    "periods": _rows("Period", PARTS["periods"]),
}
CampaignIn: Any = _document(
    "CampaignIn",
    FORM_FIELDS,
    **{name: (list[row], Field(default_factory=list, max_length=MOST_PARTS)) for name, row in ROWS.items()},  # type: ignore[valid-type]
)

# What is added to the wishes in an answer.
_STORED: dict[str, Any] = {
    "id": (int, ...),
    "state": (str, ...),
    "start_at": (Moment, Field(description="when it starts by itself")),
    "paused_because": (str, ...),
    "asks_because": (str, ...),
    "created_at": (AwareDatetime, ...),
    "launched_at": (Moment, ...),
    "ended_at": (Moment, ...),
}
CampaignOut: Any = create_model(
    "CampaignOut",
    __base__=Schema,
    **_STORED,
    **cast(
        Any,
        {
            key: (int | None if isinstance(field, forms.ModelChoiceField) else _type(field) | None, ...)
            for key, field in FORM_FIELDS.items()
        },
    ),
)


def make(document: Any, *, by: Any) -> Campaign:
    """The draft that the document describes. Raises Wrong with the sentences at their fields."""
    said = document.model_dump()
    parts = {name: said.pop(name) for name in PARTS}
    form = as_seen_by(by, DraftForm)(_as_sent(said))
    is_valid = form.is_valid()
    rows = {
        name: rows_as_seen_by(by, part)(_rows_as_sent(name, parts[name]), instance=form.instance, prefix=name)
        for name, part in PARTS.items()
    }
    errors = _of_form(form)
    if is_valid:
        for name, part in rows.items():
            if not part.is_valid():
                errors |= _of_rows(name, part)
    if errors:
        raise Wrong(errors)
    return _save(form, rows.values(), by=by)


def written(campaign: Campaign) -> dict[str, Any]:
    """The campaign as a document."""
    return {
        **{name: getattr(campaign, name) for name in _STORED},
        **{name: getattr(campaign, f"{name}_id" if name in ("account", "voice_file") else name) for name in FIELDS},
    }


def _save(form: Any, parts: Any, *, by: Any) -> Campaign:
    try:
        with transaction.atomic():
            campaign: Campaign = form.save(commit=False)
            campaign.created_by = by
            campaign.save()
            for part in parts:
                part.save()
            history.note(campaign, lambda: gettext("Made by a program."), by=by)
    except IntegrityError:  # the same name came twice in one moment
        raise Wrong({"name": [gettext("There is a campaign of this name already.")]}) from None
    return campaign


def _as_sent(said: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """As a browser would send it. What is not said is as for a new campaign."""
    sent: MultiValueDict[str, Any] = MultiValueDict()
    usual = model_to_dict(Campaign(), fields=FIELDS)
    for name in FIELDS:
        value = said.get(name)
        if value is None and (name not in NEEDS or isinstance(usual[name], bool)):
            value = usual[name]
        if isinstance(value, bool):
            value = "on" if value else None
        if value is not None:
            sent[name] = value.isoformat() if isinstance(value, datetime) else str(value)
    return sent


def _rows_as_sent(name: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    sent = {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        sent |= {f"{name}-{number}-{key}": str(value) for key, value in row.items() if value is not None}
    return sent


def _of_form(form: forms.BaseForm) -> dict[str, list[str]]:
    errors = {name: [str(sentence) for sentence in sentences] for name, sentences in form.errors.items()}
    if "__all__" in errors:
        errors["campaign"] = errors.pop("__all__")
    return errors


def _of_rows(name: str, part: BaseInlineFormSet) -> dict[str, list[str]]:
    errors = {}
    for number, row in enumerate(cast(list[Any], part.errors)):
        for key, sentences in row.items():
            place = f"{name}.{number}" if key == "__all__" else f"{name}.{number}.{key}"
            errors[place] = [str(sentence) for sentence in sentences]
    if part.non_form_errors():
        errors[name] = [str(sentence) for sentence in part.non_form_errors()]
    return errors
