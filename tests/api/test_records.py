"""Call records page by page, accounts without secrets, voice files, and hostile input at every door."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.models import VoiceFile
from dialer.terms import Disposition
from tests.api.conftest import Program
from tests.factories import make_account, make_batch, make_call_record, make_campaign, wav

pytestmark = pytest.mark.django_db


def test_call_records_are_read_page_by_page(program: Program) -> None:
    made = [make_call_record().pk for _ in range(3)]
    first = program.get("/call-records", limit=2).json()
    second = program.get("/call-records", limit=2, after=first["next"]).json()

    assert [row["id"] for row in first["items"] + second["items"]] == made
    assert second["next"] is None


def test_call_records_are_filtered(program: Program) -> None:
    batch = make_batch()
    busy = make_call_record(attempt=batch.attempts.first(), disposition=Disposition.BUSY)
    old = make_call_record(started_at=timezone.now() - timedelta(days=9), keypress="5")
    hour_ago = (timezone.now() - timedelta(hours=1)).isoformat()

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in program.get("/call-records", **query).json()["items"]]

    assert ids(disposition="busy") == ids(campaign=batch.campaign_id) == ids(account=busy.account_id) == [busy.pk]
    assert ids(started_from=hour_ago) == [busy.pk]
    assert ids(started_before=hour_ago) == ids(keypress="5") == [old.pk]
    assert ids(number=busy.number.replace("+62", "0")) == [busy.pk]
    assert program.get("/call-records", colour="red").status_code == 422


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_moment_at_the_end_of_the_calendar_is_refused(program: Program, moment: str) -> None:
    assert "started_from" in program.get("/call-records", started_from=moment).json()["errors"]


def test_times_have_a_zone(program: Program) -> None:
    make_call_record()
    [row] = program.get("/call-records").json()["items"]

    assert row["started_at"].endswith(("Z", "+00:00"))


def test_call_records_take_the_same_number_of_queries_for_any_page(
    program: Program, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_call_record()
    with django_assert_max_num_queries(5):
        program.get("/call-records")


def test_accounts_come_without_secrets(program: Program) -> None:
    account = make_account(access_key="very-secret-key", app_id="hidden-app")
    text = program.get("/accounts").content.decode()

    assert account.name in text
    assert not [word for word in ("very-secret-key", "hidden-app", account.callback_secret) if word in text]


def test_a_sound_becomes_a_voice_file(program: Program) -> None:
    file = io.BytesIO(wav())
    file.name = "hello.wav"
    answer = program.upload("/voice-files", name="Hello", file=file)

    assert answer.status_code == 201, answer.content
    assert program.get(f"/voice-files/{answer.json()['id']}").json()["seconds"] == pytest.approx(2, abs=0.2)
    file.seek(0)
    assert "name" in program.upload("/voice-files", name="Hello", file=file).json()["errors"]


def test_what_is_no_sound_is_told_at_its_field(program: Program) -> None:
    file = io.BytesIO(b"not a sound at all")
    file.name = "hello.wav"

    assert "file" in program.upload("/voice-files", name="Hello", file=file).json()["errors"]
    assert not VoiceFile.objects.exists()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def valued(schema: dict[str, Any], document: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema, its edges included, and now and then something else entirely."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        return st.one_of([valued(one, document) for one in schema["anyOf"]])
    match schema.get("type"):
        case "object" if "properties" in schema:
            fields = {name: valued(one, document) for name, one in schema["properties"].items()}
            wanted = {name: fields.pop(name) for name in schema.get("required", [])}
            fitting: st.SearchStrategy[Any] = st.fixed_dictionaries(wanted, optional=fields)
        case "array":
            fitting = st.lists(valued(schema["items"], document), max_size=3)
        case "integer":
            fitting = st.integers(schema.get("minimum"), schema.get("maximum")) | st.integers(0, 3)
        case "number":
            fitting = st.floats()
        case "boolean":
            fitting = st.booleans()
        case "null":
            fitting = st.none()
        case _ if schema.get("format") == "date-time":
            fitting = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
        case _:
            edges = [
                "",
                "\0",
                "0812\r\n",
                "busy",
                "message",
                "09:00",
                "99:99",
                "ID",
                "${text1}",
                "²",
                "\ud800",
                "9" * 400,
            ]
            fitting = st.sampled_from(edges) | st.text(max_size=20)
    return fitting | ANYTHING if schema.get("type") != "object" else fitting


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_that_anybody_sends_breaks_an_operation(program: Program, data: st.DataObject, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10**6
    campaign = make_campaign()
    document = program.get("/openapi.json").json()
    paths = [(path, method) for path, methods in document["paths"].items() for method in methods]
    path, method = data.draw(st.sampled_from(paths))
    operation = document["paths"][path][method]
    where = path.removeprefix("/api/v1").replace(
        "{campaign_id}", str(data.draw(st.sampled_from([campaign.pk, 0, 2**63, -1, "x"])))
    )
    where = where.replace("{list_id}", "1").replace("{voice_file_id}", "1")
    query = {
        one["name"]: data.draw(valued(one["schema"], document))
        for one in operation.get("parameters", [])
        if one["in"] == "query" and data.draw(st.booleans())
    }
    query = {name: str(value).encode("utf-8", "replace").decode() for name, value in query.items()}
    if method == "get":
        answer = program.get(where, **query)
    else:
        content = operation.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in content:
            fields = {
                name: str(value).encode("utf-8", "replace")
                for name, value in data.draw(
                    valued(
                        {
                            "type": "object",
                            "properties": {
                                "name": {},
                                "number_column": {"type": "integer"},
                                "encoding": {},
                                "sheet": {},
                                "delimiter": {},
                                "text_columns": {},
                                "has_header": {"type": "boolean"},
                            },
                        },
                        document,
                    )
                ).items()
            }
            file = io.BytesIO(data.draw(st.binary(max_size=200) | st.just(b"phone\n081200000001\n")))
            file.name = "a.csv"
            answer = program.upload(where, file=file, **fields)
        else:
            schema = content.get("application/json", {}).get("schema", {"type": "object", "properties": {}})
            send = getattr(program, method)
            answer = send(where, data.draw(valued(schema, document)), key=data.draw(st.sampled_from(["", "a"])))

    assert answer.status_code < 500, (method, where, answer.content)
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"]
