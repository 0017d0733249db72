"""Pages speak the language of whoever reads them, and what they keep for everybody speaks the installation's."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.contrib.admin.models import LogEntry
from django.utils import translation
from django.utils.functional import Promise

from dialer.admin import columns, countries
from dialer.admin.contact_list import ConfirmForm
from dialer.admin.uploads import BeginForm, PieceForm
from dialer.models import ApiToken, Export
from dialer.terms import Scope
from tests.admin.visits import text, visitor
from tests.factories import make_contact_list, make_exchange, make_token, make_user
from tests.tongues import teach

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent
NEVER_SHOWN = (BeginForm, PieceForm, ConfirmForm)  # what scripts and other forms send


@pytest.fixture(autouse=True)
def spanish(settings: Any, tmp_path: Path) -> None:
    teach(
        settings,
        tmp_path,
        {
            "Revoked. It opens nothing any more.": "Revocado.",
            "Removed the list “%(list)s”.": "La lista «%(list)s» fue eliminada.",
            "Ordered it.": "Pedido.",
            "login": "inicio de sesión",
        },
    )


def kept() -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]


def in_spanish(client: Any, address: str) -> str:
    return client.post(address, headers={"accept-language": "es"}, follow=True).content.decode()


def test_what_was_done_is_told_to_the_person_and_kept_for_everybody() -> None:
    make_token(make_user(), scopes=[Scope.READ])
    contact_list, token = make_contact_list(), ApiToken.objects.get()
    client = visitor(is_superuser=True)

    assert "Revocado." in in_spanish(client, f"/dialer/apitoken/{token.pk}/revoke/")
    told = in_spanish(client, f"/dialer/contactlist/{contact_list.pk}/remove/")

    assert f"La lista «{contact_list}» fue eliminada." in told
    assert kept() == ["Revoked. It opens nothing any more.", f"Removed the list “{contact_list}”."]


def test_the_trace_of_an_export_is_kept_for_everybody() -> None:
    client = visitor(is_superuser=True)
    address = "/dialer/export/order/contacts/"

    client.post(address, {"kind": "contacts", "form": "csv"}, headers={"accept-language": "es"})

    assert Export.objects.exists()
    assert kept() == ["Ordered it."]


def test_countries_have_the_names_of_the_language_and_stand_in_its_order() -> None:
    with translation.override("es"):
        assert [name for _, name in countries.choices(["VN", "MX", "ID"])] == ["Indonesia", "México", "Vietnam"]
        assert countries.name("XX") == "XX"


def test_what_a_request_was_for_is_said_in_the_language_of_the_reader() -> None:
    exchange = make_exchange(purpose="login")
    client = visitor("dialer.view_carrierexchange")

    page = client.get(f"/dialer/carrierexchange/{exchange.pk}/change/", headers={"accept-language": "es"})

    assert "inicio de sesión" in page.content.decode()
    assert "login" in text(client, f"/dialer/carrierexchange/{exchange.pk}/change/")


def test_every_purpose_of_a_request_has_words() -> None:
    found = set(purposes())

    assert len(found) > 10
    assert found <= set(columns.PURPOSES)


def test_every_field_of_a_form_has_a_label_that_can_be_translated() -> None:
    assert list(bare_fields()) == []


def purposes() -> Iterator[str]:
    """What the carriers' files and the archive say a request is for."""
    for path in [*sorted((ROOT / "dialer" / "carriers").glob("*.py")), ROOT / "recordings" / "archive.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "purpose" and isinstance(node.value, ast.Constant):
                yield node.value.value


def bare_fields() -> Iterator[str]:
    """Fields that would be named after their variable. The forms of all pages are known once the console is."""
    for form in _below(forms.BaseForm):
        is_ours = form.__module__.startswith(("dialer", "recordings")) and form not in NEVER_SHOWN
        for name, field in getattr(form, "declared_fields", {}).items() if is_ours else ():
            if not field.widget.is_hidden and not isinstance(field.label, Promise):
                yield f"{form.__qualname__}.{name}"


def _below(form: Any) -> Iterator[Any]:
    for one in form.__subclasses__():
        yield one
        yield from _below(one)
