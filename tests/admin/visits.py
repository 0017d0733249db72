"""Visits to pages of the console without a browser: by whom, and at what cost."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories


def visitor(*permissions: str, **fields: Any) -> Client:
    """Somebody who is logged in and may do just this; `is_superuser=True` for somebody who may do all."""
    return client_of(factories.make_user(*permissions, **fields))


def client_of(person: User) -> Client:
    """This person, logged in."""
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # WhiteNoise warns of its absence
    client = Client()
    client.force_login(person)
    return client


def list_of(model: str) -> str:
    """The address of the list of "dialer.callrecord"."""
    return reverse(f"admin:{model.replace('.', '_')}_changelist")


def page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def text(client: Client, address: str, **query: Any) -> str:
    """The page, which must be there."""
    response = client.get(address, query)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    return response.content.decode()


def found(client: Client, address: str, **query: Any) -> list[Any]:
    """The keys of the rows that a list shows."""
    response = client.get(address, query)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    return [row.pk for row in response.context["cl"].result_list]


def query_count(client: Client, address: str) -> int:
    """Queries of a second visit, when what is cached for good is cached."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)
