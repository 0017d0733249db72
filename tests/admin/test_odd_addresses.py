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
