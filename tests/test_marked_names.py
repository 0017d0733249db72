"""Every name of a thing, a field or a state that a page shows can be said in any language."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Field, Model
from django.db.models.enums import ChoicesType
from django.test import RequestFactory
from django.utils import translation
from django.utils.functional import Promise

from dialer import terms
from dialer.models import CallWindow, DoNotCallList, RetryRule
from dialer.models.do_not_call import house_list
from tests.factories import make_campaign, make_user
from tests.tongues import teach

pytestmark = pytest.mark.django_db

OURS = ("dialer", "recordings")
WITH_A_PAGE_OF_THEIR_OWN = {"contactlist", "export", "notice"}  # which shows no form of Django's
PAGES = [page for model, page in admin.site._registry.items() if model._meta.app_label in OURS]


def named_by(page: Any, request: Any) -> Iterator[tuple[type[Model], str]]:
    """What the page names: the fields of its form, of its list, of its filters and of the rows within it."""
    for row in () if page.model._meta.model_name in WITH_A_PAGE_OF_THEIR_OWN else (None, page.model()):
        yield from ((page.model, name) for name in flatten_fieldsets(page.get_fieldsets(request, row)))
    yield from ((page.model, name) for name in (*page.list_display, *getattr(page, "more_columns", ())))
    yield from ((page.model, name) for name in page.list_filter if isinstance(name, str))
    for inline in page.inlines:
        rows = inline(page.model, admin.site)
        yield from ((rows.model, name) for name in flatten_fieldsets(rows.get_fieldsets(request)))


def field_of(model: type[Model], name: str) -> Field | None:
    return next((field for field in (*model._meta.fields, *model._meta.many_to_many) if field.name == name), None)


def fields_of_ours() -> Iterator[Field]:
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            yield from model._meta.fields


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.model._meta.model_name)
def test_fields_that_a_page_shows_have_names_to_translate(page: Any) -> None:
    request = RequestFactory().get("/")
    request.user = make_user(is_superuser=True)

    shown = {field_of(model, name) for model, name in named_by(page, request)} - {None}

    assert [str(field) for field in shown if field and not isinstance(field.verbose_name, Promise)] == []
    names = (page.model._meta.verbose_name, page.model._meta.verbose_name_plural)
    assert all(isinstance(name, Promise) for name in names)


def test_help_and_choices_of_every_field_are_to_be_translated() -> None:
    def is_marked(text: Any) -> bool:
        return not text or isinstance(text, Promise)

    fields = list(fields_of_ours())

    assert [str(field) for field in fields if not is_marked(field.help_text)] == []
    assert [str(field) for field in fields if not all(is_marked(label) for _, label in field.choices or ())] == []


def test_every_word_of_the_enumerations_is_to_be_translated() -> None:
    found = [
        kind for kind in vars(terms).values() if isinstance(kind, ChoicesType) and kind.__module__ == terms.__name__
    ]

    assert len(found) >= 20
    for kind in found:
        assert all(isinstance(one._label_, Promise) for one in kind), kind


def test_words_of_rows_follow_the_reader_and_what_the_database_holds_stays(settings: Any, tmp_path: Path) -> None:
    rounds = "%(outcome)s: %(rounds)s more after %(minutes)s minute"
    in_spanish = "%(outcome)s: %(rounds)s más tras %(minutes)s minuto"
    sentences: Any = {"House list": "Lista de la casa", (rounds, f"{rounds}s"): (in_spanish, *[f"{in_spanish}s"] * 2)}
    teach(settings, tmp_path, sentences)
    campaign = make_campaign()
    rule = RetryRule(campaign=campaign, disposition="busy", more_rounds=2, pause_minutes=30)
    window = CallWindow(campaign=campaign, weekday=0, opens="09:00", closes="12:00")
    ours = DoNotCallList.objects.get(pk=house_list())

    with translation.override("es"):
        assert (str(ours), ours.name) == ("Lista de la casa", "House list")
        assert house_list() == ours.pk
        assert str(rule).endswith("2 más tras 30 minutos")
        assert window.get_weekday_display() == "lunes"
