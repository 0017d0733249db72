"""A draft is made or changed as a document says: the console's form and rows judge it, sent as a browser would."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.forms import BaseInlineFormSet, model_to_dict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from dialer.admin import campaign_parts
from dialer.admin.base import as_seen_by
from dialer.admin.campaign_wishes import NEEDS
from dialer.admin.rows import rows_as_seen_by
from dialer.api.problems import Wrong
from dialer.api.wishes import FIELDS, PARTS, DraftForm, written
from dialer.flow import history, hours
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign

Rows = dict[str, list[dict[str, Any]]]

TITLES = {
    "windows": campaign_parts.CallWindowInline.verbose_name_plural,
    "again": campaign_parts.RetryRuleInline.verbose_name_plural,
    "further_accounts": campaign_parts.RouteInline.verbose_name_plural,
    "periods": campaign_parts.CarrierPeriodInline.verbose_name_plural,
}


def make(document: Any, *, by: Any) -> Campaign:
    """The draft that the document describes. Raises Wrong with the sentences at their fields."""
    said = document.model_dump()
    rows = {name: said.pop(name) for name in PARTS}
    form, parts = _judged(Campaign(), said, rows, by=by)
    with transaction.atomic():
        campaign: Campaign = form.save(commit=False)
        campaign.created_by = by
        _save(campaign, parts)
        history.note(campaign, lambda: gettext("Made by a program."), by=by)
    return campaign


def change(campaign: Campaign, document: Any, *, by: Any, program: Any) -> None:
    """The draft has what the document says, and all else as it was.

    Rows that are said take the place of all rows of their kind; null is as for a new campaign. Raises Wrong with the
    sentences at their fields, DialerError if it is no draft; then nothing was changed. Whoever calls holds the row's
    lock, so that no launch comes in between.
    """
    _must_be_a_draft(campaign)
    said = document.model_dump(exclude_unset=True)
    rows = {name: said.pop(name) or [] for name in PARTS if name in said}
    with transaction.atomic():
        before, windows = written(campaign), hours.windows_of(campaign)
        for name in rows:
            _of(campaign, name).delete()
        form, parts = _judged(campaign, said, rows, by=by)
        _save(campaign, parts, only=form.changed_fields)
        _note_change(campaign, form, before, by=by, program=program)
        hours.narrow_again(campaign, before=windows, changed=form.changed_fields, by=by)


def _must_be_a_draft(campaign: Campaign) -> None:
    if campaign.state == Campaign.State.SCHEDULED:
        raise DialerError(gettext("It is scheduled. Take its schedule back first, then change it."))
    if campaign.state != Campaign.State.DRAFT:
        raise DialerError(gettext("It was launched or cancelled already. Only a draft can be changed."))


def _judged(campaign: Campaign, said: Mapping[str, Any], rows: Rows, *, by: Any) -> tuple[Any, list[Any]]:
    """The console's form and rows with what is said in them. Raises Wrong with all that is wrong with it."""
    form = as_seen_by(by, DraftForm)(_as_sent(campaign, said), instance=campaign)
    is_valid = form.is_valid()
    parts = {name: _part(name, form.instance, rows.get(name), by=by) for name in PARTS}
    errors = _of_form(form)
    if is_valid:
        for name, part in parts.items():
            if not part.is_valid():
                errors |= _of_rows(name, part)
    if errors:
        raise Wrong(errors)
    return form, list(parts.values())


def _part(name: str, campaign: Campaign, rows: list[dict[str, Any]] | None, *, by: Any) -> Any:
    """Just these rows, or those that are there."""
    kept = list(_of(campaign, name)) if rows is None and campaign.pk else []
    sent = _rows_as_sent(name, rows or [], kept)
    return rows_as_seen_by(by, PARTS[name])(sent, instance=campaign, prefix=name)


def _of(campaign: Campaign, name: str) -> Any:
    return PARTS[name].model._default_manager.filter(campaign=campaign)


def _save(campaign: Campaign, parts: Collection[Any], *, only: Collection[str] | None = None) -> None:
    try:
        with transaction.atomic():
            campaign.save(update_fields=only)
            for part in parts:
                part.save()
    except IntegrityError:  # the same name came twice in one moment
        raise Wrong({"name": [gettext("There is a campaign of this name already.")]}) from None


def _note_change(campaign: Campaign, form: Any, before: Mapping[str, Any], *, by: Any, program: Any) -> None:
    """By the names that people know."""
    now, names = written(campaign), {**{name: field.label for name, field in form.fields.items()}, **TITLES}
    changed = [names[name] for name in names if now[name] != before[name]]

    def sentence() -> str:
        told = {"names": ", ".join(map(str, changed)), "token": program}
        return gettext("Changed by a program: %(names)s. (%(token)s)") % told

    if changed:
        history.note(campaign, sentence, by=by)


def _as_sent(campaign: Campaign, said: Mapping[str, Any]) -> MultiValueDict[str, Any]:
    """As a browser would send it, which leaves out what its carrier can't do: that is as for a new campaign."""
    sent: MultiValueDict[str, Any] = MultiValueDict()
    own, usual = model_to_dict(campaign, fields=FIELDS), model_to_dict(Campaign(), fields=FIELDS)
    for name in FIELDS:
        value = said.get(name)
        if value is None:
            value = (usual if name in said else own)[name]
            if name in NEEDS and value == usual[name] and not isinstance(value, bool):
                continue
        if isinstance(value, bool):
            value = "on" if value else None
        if value is not None:
            sent[name] = value.replace(microsecond=0).isoformat() if isinstance(value, datetime) else str(value)
    return sent


def _rows_as_sent(name: str, rows: list[dict[str, Any]], kept: list[Model]) -> dict[str, str]:
    everything = [*(model_to_dict(row) for row in kept), *rows]
    sent = {f"{name}-TOTAL_FORMS": str(len(everything)), f"{name}-INITIAL_FORMS": str(len(kept))}
    for number, row in enumerate(everything):
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
