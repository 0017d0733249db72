"""Who may do what: tokens, scopes, permissions; and a request that comes twice is carried out once."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dialer.flow import answers, tokens
from dialer.models import ApiAnswer, ApiToken, Campaign, ContactList, DoNotCall
from dialer.terms import Scope
from tests.api.conftest import Program
from tests.factories import make_campaign, make_contacts, make_do_not_call, make_token, make_user

pytestmark = pytest.mark.django_db


def ready_campaign() -> Campaign:
    campaign = make_campaign()
    make_contacts(2, campaign=campaign)
    return campaign


@pytest.mark.parametrize("token", ["nonsense", "dialer_nonsense", "dialer_" + "x" * 5000, "dialer_\u00fc"])
def test_a_token_that_is_none_opens_nothing(token: str) -> None:
    answer = Program(token=token).get("/campaigns")

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/nothing", "/campaigns/", "/campaigns/1/nothing", "/"])
def test_where_there_is_no_operation_programs_are_told_so(path: str) -> None:
    for answer in (Program().get(path), Program().post(path)):
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["detail"] == "There is no such thing, or you may not see it."


def test_a_method_that_is_not_taken_is_told_in_a_sentence() -> None:
    answer = Program().client.delete("/api/v1/campaigns")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer.json()["detail"] == "This address does not take DELETE, but GET, POST."
    assert answer["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("path", "name", "known"),
    [
        ("/campaigns", "state", "running"),
        ("/call-records", "disposition", "answered"),
        ("/campaigns/{}/results", "skip_reason", "none"),
    ],
)
def test_a_filter_for_a_word_that_there_is_not_is_a_mistake(path: str, name: str, known: str) -> None:
    program, path = Program("view_campaign", "view_callrecord", "view_contact"), path.format(make_campaign().pk)

    assert program.get(path, **{name: known}).json()["items"] == []
    answer = program.get(path, **{name: "nonsense"})
    assert answer.status_code == 422
    assert known in answer.json()["errors"][name][0]


def test_a_cookie_of_the_console_opens_nothing() -> None:
    client = Client()
    client.force_login(make_user(is_superuser=True))

    assert client.get("/api/v1/campaigns").status_code == 401


def test_a_token_counts_and_not_the_cookie_that_comes_with_it() -> None:
    program = Program("view_campaign")
    program.client.force_login(make_user(is_superuser=True))

    assert program.get("/campaigns").status_code == 200
    assert program.get("/accounts").status_code == 403


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"is_staff": False}], ids=["switched off", "without the console"]
)
def test_the_token_of_somebody_who_may_not_log_in_opens_nothing(change: dict[str, bool]) -> None:
    program = Program("view_campaign")
    type(program.user).objects.filter(pk=program.user.pk).update(**change)

    assert program.get("/campaigns").status_code == 401


def test_expired_and_revoked_tokens_open_nothing() -> None:
    user = make_user("dialer.view_campaign")
    expired = make_token(user, expires_at=timezone.now() - timedelta(seconds=1))
    revoked = make_token(user)
    tokens.revoke(ApiToken.objects.order_by("-pk").first())

    assert [Program(user=user, token=token).get("/campaigns").status_code for token in (expired, revoked)] == [401] * 2


@pytest.mark.parametrize("path", ["launch", "pause", "resume", "cancel", "unschedule"])
def test_orders_need_the_scope_and_the_permission(path: str) -> None:
    campaign = ready_campaign()
    without_scope = Program("launch_campaign", "view_campaign", scopes=[Scope.READ, Scope.WRITE])
    without_permission = Program("view_campaign", "change_campaign", "add_campaign")

    for program, word in ((without_scope, "scope"), (without_permission, "permission")):
        answer = program.post(f"/campaigns/{campaign.pk}/{path}")
        assert answer.status_code == 403
        assert word in answer.json()["detail"]
    assert Campaign.objects.get().state == Campaign.State.DRAFT


def test_every_operation_is_closed_to_somebody_without_permissions() -> None:
    program = Program()
    for path, operations in program.get("/openapi.json").json()["paths"].items():
        where = path.removeprefix("/api/v1").replace("{campaign_id}", "1").replace("{list_id}", "1")
        for method in operations:
            answer = getattr(program, method)(where.replace("{voice_file_id}", "1"))
            assert answer.status_code == 403, (method, path)


def test_every_operation_says_what_it_needs() -> None:
    for path, operations in Program().get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            assert operation["x-scope"] in Scope.values, (method, path)
            assert operation["x-permission"].startswith("dialer."), (method, path)


def test_numbers_are_masked_for_those_who_may_not_see_them() -> None:
    campaign = ready_campaign()
    number = campaign.contacts.first().number
    path = f"/campaigns/{campaign.pk}/results"

    assert number not in Program("view_contact").get(path).content.decode()
    assert number in Program("view_contact", "see_full_numbers").get(path).content.decode()


def test_a_token_makes_only_so_many_requests_in_a_minute(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    program = Program("view_campaign")
    statuses = [program.get("/campaigns") for _ in range(3)]

    assert [answer.status_code for answer in statuses] == [200, 200, 429]
    assert 0 < int(statuses[2]["Retry-After"]) <= 60
    token = ApiToken.objects.get()
    next_minute = timezone.now() + timedelta(minutes=1)
    assert tokens.count(token, now=next_minute) == 0
    token.refresh_from_db()
    assert token.last_used_at == next_minute


def test_a_repeated_launch_launches_once(program: Program) -> None:
    campaign = ready_campaign()
    first = program.post(f"/campaigns/{campaign.pk}/launch", key="monday")
    again = program.post(f"/campaigns/{campaign.pk}/launch", key="monday")

    assert (first.status_code, again.status_code) == (200, 200)
    assert json.loads(first.content) == json.loads(again.content)
    assert again["Idempotent-Replayed"] == "true"
    assert program.post(f"/campaigns/{campaign.pk}/launch", key="tuesday").status_code == 409


def test_a_key_stands_for_one_request(program: Program) -> None:
    first, second = ready_campaign(), ready_campaign()
    program.post(f"/campaigns/{first.pk}/launch", key="monday")
    answer = program.post(f"/campaigns/{second.pk}/launch", key="monday")

    assert answer.status_code == 409
    assert "another request" in answer.json()["detail"]
    second.refresh_from_db()
    assert second.state == Campaign.State.DRAFT


def test_keys_of_different_tokens_have_nothing_to_do_with_each_other(program: Program) -> None:
    campaign = ready_campaign()
    program.post(f"/campaigns/{campaign.pk}/launch", key="monday")

    assert Program(user=program.user).post(f"/campaigns/{campaign.pk}/launch", key="monday").status_code == 409


def test_what_failed_may_be_tried_again_under_its_key(program: Program) -> None:
    campaign = make_campaign()
    assert program.post(f"/campaigns/{campaign.pk}/launch", key="monday").status_code == 409
    make_contacts(1, campaign=campaign)

    assert program.post(f"/campaigns/{campaign.pk}/launch", key="monday").status_code == 200


def test_repeated_numbers_are_one_list(program: Program) -> None:
    campaign = make_campaign()
    document = {"numbers": [{"number": "081200000001"}]}
    first = program.post(f"/campaigns/{campaign.pk}/numbers", document, key="a")
    again = program.post(f"/campaigns/{campaign.pk}/numbers", document, key="a")

    assert first.json() == again.json()
    assert ContactList.objects.count() == 1


def test_a_repeated_upload_is_one_list(program: Program, tmp_path: Any) -> None:
    campaign = make_campaign()
    path = tmp_path / "people.csv"
    path.write_text("phone\n081200000001\n")
    statuses = []
    for content in (None, None, "phone\n081200000002\n"):
        if content:
            path.write_text(content)
        with path.open("rb") as file:
            statuses.append(program.upload(f"/campaigns/{campaign.pk}/lists", key="a", file=file).status_code)

    assert statuses == [201, 201, 409]
    assert ContactList.objects.count() == 1


def test_a_request_that_is_still_carried_out_is_not_carried_out_twice(program: Program) -> None:
    token = ApiToken.objects.get()
    begun = answers.begin(token, key="a", digest="d")
    with pytest.raises(answers.UnderWay):
        answers.begin(token, key="a", digest="d")
    ApiAnswer.objects.update(created_at=timezone.now() - timedelta(hours=1))  # its process has died

    assert answers.begin(token, key="a", digest="d").pk == begun.pk


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(program: Program, key: str) -> None:
    assert program.post(f"/campaigns/{ready_campaign().pk}/launch", key=key).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"numbers": NaN}', b"null"])
def test_a_body_that_is_none_is_told_so(program: Program, body: bytes) -> None:
    answer = program.post(f"/campaigns/{make_campaign().pk}/numbers", body)

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_refused(program: Program, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = program.post(f"/campaigns/{make_campaign().pk}/numbers", b'{"numbers": [' + b" " * 2000 + b"]}")

    assert answer.status_code == 413


def test_what_is_not_there_is_not_found(program: Program) -> None:
    for path in ("/campaigns/4711", "/campaigns/4711/results", "/voice-files/4711"):
        assert program.get(path).status_code == 404
    assert program.get("/campaigns/99999999999999999999999").status_code == 422


def test_no_token_and_no_number_comes_into_the_log(program: Program, caplog: Any) -> None:
    campaign = make_campaign()
    with caplog.at_level(logging.DEBUG):
        program.post(f"/campaigns/{campaign.pk}/numbers", {"numbers": [{"number": "081200000001"}]})
        Program(token="dialer_secretsecret").get("/campaigns")

    assert "dialer_" not in caplog.text
    assert "81200000001" not in caplog.text


def test_the_database_holds_no_token(program: Program) -> None:
    row = ApiToken.objects.get()

    assert program.token not in [str(value) for value in vars(row).values()]
    assert program.token.startswith(row.beginning)


def test_a_number_is_put_on_the_list_and_asked_for(program: Program) -> None:
    before = program.get("/do-not-call", number="0812 0000 0001", country="ID").json()
    wish = {"number": "0812 0000 0001", "country": "ID", "reason": "asked us"}
    added = [program.post("/do-not-call", wish) for _ in range(2)]
    after = program.get("/do-not-call", number="+62 81200000001", country="ID").json()

    assert not before["is_listed"]
    assert [answer.status_code for answer in added] == [201, 201]
    assert after["entries"][0]["reason"] == "asked us"
    assert DoNotCall.objects.get().added_by == program.user
    wrong = program.post("/do-not-call", {"number": "12", "country": "ID"})
    assert "number" in wrong.json()["errors"]


def test_whoever_sees_masked_numbers_only_does_not_learn_one_from_the_list() -> None:
    row = make_do_not_call()
    seen = Program("view_donotcall").get("/do-not-call", number=row.number, country="ID")

    assert seen.json()["is_listed"]
    assert row.number not in seen.content.decode()
