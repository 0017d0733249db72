"""Addresses that nobody is led to: of rows that are none."""

import pytest
from django.apps import apps
from django.contrib import admin

from tests.admin import visits

pytestmark = pytest.mark.django_db

PAGES = [model for model in admin.site._registry if model in set(apps.get_models())]


@pytest.mark.parametrize("odd", ["²", "1e3", "\x00", "a'b", "0", "-1", "9223372036854775808", "9" * 30])
@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_a_row_that_is_none_is_said_not_to_exist(model, odd):
    listed = visits.list_of(model._meta.label_lower)

    response = visits.visitor(is_superuser=True).get(f"{listed}{odd}/change/")

    assert response.status_code in (302, 404)


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_a_number_too_large_for_the_database_is_no_filter(model):
    listed, client = visits.list_of(model._meta.label_lower), visits.visitor(is_superuser=True)
    links = [field.name for field in model._meta.fields if field.many_to_one]

    for name in ("id", *links):
        for condition in ("", "__exact", "__id__exact", "__in"):
            response = client.get(listed, {f"{name}{condition}": "9" * 26})

            assert response.status_code in (200, 302, 400), f"{name}{condition}"
