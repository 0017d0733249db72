"""Sentences are in the language that a program asks for, else in its person's; what programs read is in none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation
from pydantic_core import PydanticKnownError

from dialer.api.wrong_values import SENTENCES, sentence_of
from dialer.models import Campaign, Preference
from tests.api.conftest import Program
from tests.factories import make_carrier_file
from tests.tongues import teach

pytestmark = pytest.mark.django_db

SPANISH: Any = {
    "Something in the request is wrong: see the fields.": "Algo está mal: vea los campos.",
    "There is no such thing, or you may not see it.": "No existe, o no puede verlo.",
    "Field required.": "Falta este campo.",
    (
        "String should have at most %(max_length)s character.",
        "String should have at most %(max_length)s characters.",
    ): ("A lo más %(max_length)s signo.", *["A lo más %(max_length)s signos."] * 2),
    "Leave out NUL characters": "Sin signos NUL",
    "Digits only.": "Sólo cifras.",
}


@pytest.fixture(autouse=True)
def spanish(settings: Any, tmp_path: Path) -> None:
    teach(settings, tmp_path, SPANISH)


def bad_campaign() -> dict[str, Any]:
    carrier_file = make_carrier_file()
    return {
        "name": "Delivery on Monday",
        "account": carrier_file.account_id,
        "voice_file": carrier_file.voice_file_id,
        "caller_id": "abc",
    }


def test_the_same_mistake_is_told_in_the_language_that_is_asked_for(program: Program) -> None:
    document = bad_campaign()
    told = {}
    for language in ("", "en", "es", "es-MX,en;q=0.5", "xx"):
        program.language = language
        answer = program.post("/campaigns", document)
        assert answer.status_code == 422
        told[language] = (answer["Content-Language"], answer.json()["detail"], answer.json()["errors"]["caller_id"])

    english = ("en", "Something in the request is wrong: see the fields.", ["Digits only."])
    in_spanish = ("es", "Algo está mal: vea los campos.", ["Sólo cifras."])
    assert told == {"": english, "en": english, "es": in_spanish, "es-MX,en;q=0.5": in_spanish, "xx": english}
    assert not Campaign.objects.exists()


def test_a_program_that_asks_for_none_hears_the_language_of_its_person_and_afterwards_nobody_else_does(
    program: Program, settings: Any
) -> None:
    Preference.objects.create(user=program.user, language="es", time_zone="Asia/Jakarta")

    before = translation.get_language(), timezone.get_current_timezone_name()
    answer = program.get("/campaigns/4711")
    after = translation.get_language(), timezone.get_current_timezone_name()
    program.language = "en"

    assert (answer.json()["detail"], answer["Content-Language"]) == ("No existe, o no puede verlo.", "es")
    assert before == after
    assert program.get("/campaigns/4711").json()["detail"] == "There is no such thing, or you may not see it."


def test_what_programs_read_is_the_same_in_every_language_and_time_zone(program: Program) -> None:
    Preference.objects.create(user=program.user, language="es", time_zone="Asia/Jakarta")

    made = program.post("/campaigns", {**bad_campaign(), "caller_id": ""}).json()

    assert (made["state"], made["purpose"], made["created_at"][-1]) == ("draft", "service", "Z")


@pytest.mark.parametrize(
    ("document", "field", "sentence"),
    [
        ({}, "numbers", "Falta este campo."),
        ({"numbers": [{"number": "1" * 81}]}, "numbers.0.number", "A lo más 80 signos."),
        ({"numbers": [{"number": "1"}], "name": "x" * 101}, "name", "A lo más 100 signos."),
    ],
)
def test_what_is_wrong_with_a_value_is_told_in_that_language_too(
    program: Program, document: Any, field: str, sentence: str
) -> None:
    program.language = "es"

    answer = program.post("/campaigns/1/numbers", document)

    assert answer.json()["errors"][field] == [sentence]


def test_a_sentence_of_our_own_about_a_value_is_translated(program: Program) -> None:
    program.language = "es"

    answer = program.post("/campaigns/1/pause", {"because": "a\0b"})

    assert answer.json()["errors"] == {"because": ["Sin signos NUL."]}


@pytest.mark.parametrize("kind", sorted(set(SENTENCES) - {"value_error"}))
def test_in_english_it_is_what_pydantic_says(kind: str) -> None:
    context: Any = {
        "min_length": 1,
        "max_length": 2,
        "actual_length": 3,
        "field_type": "List",
        "pattern": "^x$",
        "ge": 4,
        "le": 5,
        "error": "input is too short",
    }

    assert sentence_of({"type": kind, "ctx": context}) == PydanticKnownError(kind, context).message() + "."


def test_a_mistake_of_a_new_kind_is_told_as_pydantic_says_it() -> None:
    assert sentence_of({"type": "from_the_future", "msg": "Not like that"}) == "Not like that."


def test_the_document_is_in_english_whatever_the_installation_speaks() -> None:
    program = (
        "import django, json; django.setup(); from dialer.api.service import api; "
        "print(json.dumps(api.get_openapi_schema()))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    spoken = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment | {"LANGUAGE_OF_CONSOLE": language},
            capture_output=True,
            check=True,
        ).stdout
        for language in ("en", "es")
    ]

    assert json.loads(spoken[0]) == json.loads(spoken[1])
