"""A campaign as a document: the console's own form and rows judge it, so that there is one set of rules.

The document's fields are made of the form's, so that a wish that the console learns is known here as well.
"""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, cast

from django import forms
from django.db.models import Model
from django.forms import inlineformset_factory, model_to_dict, modelform_factory
from django.utils.translation import override
from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, create_model

from dialer.admin.campaign_form import OF_A_DRAFT, CampaignForm
from dialer.admin.campaign_parts import CarrierPeriodForm, CarrierPeriodRows, RetryRuleForm, RouteForm, RouteRows
from dialer.admin.rows import NamedRow, NamedRows
from dialer.api.shapes import AskedMoment, Id, Moment, Text
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
    """A campaign has a default for most of what its form asks for, and a draft has something already."""
    wanted = {"CampaignIn": ("name", "account"), "CampaignChange": ()}
    return key in wanted[name] if name in wanted else field.required


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

CampaignChange: Any = _document(
    "CampaignChange",
    FORM_FIELDS,
    **{name: (list[row] | None, Field(default=None, max_length=MOST_PARTS)) for name, row in ROWS.items()},  # type: ignore[valid-type]
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
    **cast(Any, {name: (list[row], ...) for name, row in ROWS.items()}),  # type: ignore[valid-type]
)
# What `written` reads of a campaign besides its own row.
RELATED = {name: part.fk.remote_field.related_name for name, part in PARTS.items()}


def written(campaign: Campaign) -> dict[str, Any]:
    """The campaign as a document."""
    return {
        **{name: getattr(campaign, name) for name in _STORED},
        **{name: getattr(campaign, f"{name}_id" if name in ("account", "voice_file") else name) for name in FIELDS},
        **{name: [_row(name, row) for row in getattr(campaign, related).all()] for name, related in RELATED.items()},
    }


def _row(name: str, row: Model) -> dict[str, Any]:
    values = model_to_dict(row, fields=ROWS[name].model_fields)
    return {key: f"{value:%H:%M}" if isinstance(value, time) else value for key, value in values.items()}
