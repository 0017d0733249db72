"""Tokens on their pages: shown once, own ones only, revoked for good; and the reference for those who write."""

import re
from importlib import import_module

import pytest
from django.apps import apps

from dialer.models import ApiToken
from dialer.terms import Scope
from tests.admin.visits import list_of, page_of, text, visitor
from tests.api.conftest import Program
from tests.factories import make_token, make_user

pytestmark = pytest.mark.django_db

ADD = "/dialer/apitoken/add/"
MAY = ("dialer.view_apitoken", "dialer.add_apitoken")


def token_in(page: str) -> str:
    found = re.search(r"dialer_[\w-]{43}", page)
    assert found, "there is no token on the page"
    return found[0]


def test_a_token_is_shown_once_and_works() -> None:
    client = visitor(*MAY, "dialer.view_campaign")
    user = client.get(ADD).context["form"].fields["user"].queryset.get()
    answer = client.post(ADD, {"name": "orders", "user": user.pk, "scopes": ["read"], "days": "30"})
    plain = token_in(answer.content.decode())

    assert "no-store" in answer["Cache-Control"]
    assert Program(user=user, token=plain).get("/campaigns").status_code == 200
    row = ApiToken.objects.get()
    assert (row.scopes, row.user) == (["read"], user)
    assert plain not in text(client, list_of("dialer.apitoken")) + text(client, page_of(row))


def test_nobody_makes_a_token_for_somebody_else_but_an_administrator() -> None:
    other = make_user(is_superuser=True)
    fields = {"name": "orders", "user": other.pk, "scopes": ["launch"], "days": ""}

    assert "errors" in visitor(*MAY).post(ADD, fields).content.decode()
    assert not ApiToken.objects.exists()
    administrator = visitor(is_superuser=True, username="maker")
    administrator.post(ADD, fields)
    row = ApiToken.objects.get()
    assert (row.user, row.made_by.username) == (other, "maker")
    assert "maker" in text(administrator, page_of(row)).partition("Made by")[2].partition("Made")[0]


def test_an_older_token_has_the_maker_whom_the_history_tells() -> None:
    administrator = visitor(is_superuser=True, username="maker")
    administrator.post(ADD, {"name": "a", "user": make_user(is_staff=True).pk, "scopes": ["read"], "days": ""})
    make_token()  # of it the history tells nothing
    ApiToken.objects.update(made_by=None)

    import_module("dialer.migrations.0037_find_makers_of_tokens").find_makers(apps, None)

    assert [str(row.made_by) for row in ApiToken.objects.order_by("pk")] == ["maker", "None"]


def test_everybody_sees_the_own_tokens_only() -> None:
    make_token(make_user(), scopes=[Scope.READ])
    row = ApiToken.objects.get()
    stranger, administrator = visitor(*MAY), visitor(is_superuser=True)

    assert row.name not in text(stranger, list_of("dialer.apitoken"))
    assert row.name in text(administrator, list_of("dialer.apitoken"))
    assert stranger.post(f"/dialer/apitoken/{row.pk}/revoke/").status_code == 404


def test_a_revoked_token_opens_nothing() -> None:
    program = Program("view_campaign")
    row = ApiToken.objects.get()
    page = text(visitor(is_superuser=True), f"/dialer/apitoken/{row.pk}/revoke/")
    visitor(is_superuser=True).post(f"/dialer/apitoken/{row.pk}/revoke/")

    assert "turned away" in page
    assert program.get("/campaigns").status_code == 401


def test_the_reference_tells_every_operation() -> None:
    page = text(visitor("dialer.view_apitoken"), "/api-reference/")
    document = Program().get("/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        assert path in page
        for one in methods.values():
            assert f'id="{one["operationId"]}"' in page
    assert "<script>" not in page
    assert "style=" not in page.partition('<div id="content-main" class="api">')[2]
    assert visitor().get("/api-reference/").status_code == 403


def test_every_link_of_the_reference_leads_somewhere() -> None:
    page = text(visitor("dialer.view_apitoken"), "/api-reference/").partition('class="api"')[2]

    assert set(re.findall(r'href="#([\w-]+)"', page)) <= set(re.findall(r'id="([\w-]+)"', page))
