"""The carriers' door: what comes with the right secret is kept as it came, everything else leaves a counted trace."""

import io
import logging
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from dialer import callbacks
from dialer.flow import ledger
from dialer.models import Account, Callback, CallRecord, TurnedAway
from tests.carrier import door, running_carrier
from tests.cluster import eventually
from tests.factories import make_account

pytestmark = pytest.mark.django_db

BODY = b'{"id": 7, "billsec": 5}'


@pytest.fixture
def account() -> Account:
    return make_account()


def push(path: str, body: bytes = BODY, **headers: Any) -> Any:
    return Client().post(path, body, content_type=headers.pop("content_type", "application/json"), **headers)


# --- what is let in ----------------------------------------------------------------------------------------------


def test_a_push_is_kept_exactly_as_it_came_before_it_is_understood(account: Account) -> None:
    body = b'\xff {"lacks": "commas" "is not": json'

    answer = push(door(account), body, content_type="application/json; charset=utf-8", REMOTE_ADDR="198.51.100.4")

    callback = Callback.objects.get()
    assert (answer.status_code, answer.content) == (200, b"1")
    assert bytes(callback.body) == body
    assert callback.content_type.startswith("application/json")
    assert (callback.account, callback.kind, callback.source) == (account, "bills", "198.51.100.4")
    assert callback.state == Callback.State.RECEIVED
    assert not CallRecord.objects.exists()


def test_an_account_may_want_another_answer(account: Account) -> None:
    Account.objects.update(callback_answer="SUCCESS")

    assert push(door(account)).content == b"SUCCESS"


def test_a_push_that_comes_again_is_counted(account: Account) -> None:
    for _ in range(3):
        assert push(door(account)).status_code == 200

    assert Callback.objects.get().times_received == 3


def test_the_same_body_for_two_accounts_is_two_rows(account: Account) -> None:
    push(door(account))
    push(door(make_account()))

    assert Callback.objects.count() == 2


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_no_content_type_is_turned_away(account: Account, content_type: str) -> None:
    assert push(door(account), content_type=content_type).status_code == 200
    assert bytes(Callback.objects.get().body) == BODY


def test_a_slash_at_the_end_of_the_address_does_no_harm(account: Account) -> None:
    assert push(door(account) + "/").status_code == 200
    assert push(door(account, secret="guessed") + "/").status_code == 404
    assert Callback.objects.count() == TurnedAway.objects.count() == 1


def test_an_empty_push_is_kept_too(account: Account) -> None:
    assert push(door(account), b"").status_code == 200
    assert bytes(Callback.objects.get().body) == b""


def test_the_answer_takes_few_queries_however_many_callbacks_wait(account: Account) -> None:
    def cost(body: bytes) -> int:
        with CaptureQueriesContext(connection) as queries:
            push(door(account), body)
        return len(queries)

    first = cost(b"1")
    for number in range(20):
        push(door(account), b"%d more" % number)

    assert cost(b"2") <= first <= 12


def test_the_queue_is_rung_for_it(account: Account, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as rung:
        push(door(account))

    assert len(rung) == 1


# --- what is turned away -----------------------------------------------------------------------------------------


def test_a_wrong_secret_is_not_found_and_leaves_a_counted_trace(account: Account) -> None:
    for _ in range(3):
        answer = push(door(account, secret="guessed"), REMOTE_ADDR="198.51.100.9")
        assert answer.status_code == 404

    trace = TurnedAway.objects.get()
    assert (trace.reason, trace.source, trace.count) == (TurnedAway.Reason.SECRET, "198.51.100.9", 3)
    assert not Callback.objects.exists()


def test_the_secret_of_another_account_is_a_wrong_one(account: Account) -> None:
    assert push(door(account, secret=make_account().callback_secret)).status_code == 404


@pytest.mark.parametrize("account_id", [0, 999_999, 10**30])
def test_an_account_that_does_not_exist_looks_like_a_wrong_secret(account: Account, account_id: int) -> None:
    path = door(account).replace(f"/{account.pk}/", f"/{account_id}/", 1)

    assert push(path).status_code == 404
    assert TurnedAway.objects.get().reason == TurnedAway.Reason.SECRET


def test_secrets_with_odd_letters_are_wrong_and_nothing_worse(account: Account) -> None:
    assert push(door(account, secret="ü%00€")).status_code == 404


def test_a_kind_that_the_carrier_does_not_have_is_not_found(account: Account) -> None:
    assert push(door(account, kind="states")).status_code == 404
    assert not Callback.objects.exists()


def test_it_takes_post_only(account: Account) -> None:
    assert Client().get(door(account)).status_code == 405


@pytest.mark.parametrize(
    ("allowed", "source", "status"),
    [
        ("198.51.100.0/24", "198.51.100.4", 200),
        ("198.51.100.4", "198.51.100.4", 200),
        ("203.0.113.0/24, 198.51.100.4", "198.51.100.4", 200),
        ("2001:db8::/32", "2001:db8::7", 200),
        ("198.51.100.0/24", "::ffff:198.51.100.4", 200),
        ("198.51.100.0/24", "203.0.113.7", 404),
        ("198.51.100.0/24", "2001:db8::7", 404),
        ("198.51.100.0/24", "", 404),
    ],
)
def test_an_account_may_name_the_addresses_that_push(allowed: str, source: str, status: int) -> None:
    account = make_account(allowed_sources=allowed)

    assert push(door(account), REMOTE_ADDR=source).status_code == status

    assert Callback.objects.exists() == (status == 200)
    assert TurnedAway.objects.filter(reason=TurnedAway.Reason.SOURCE).exists() == (status == 404)


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("203.0.113.7", "198.51.100.4", "203.0.113.7"),  # a stranger may write what it wants
        ("10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("::ffff:10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.4", "198.51.100.4"),  # the first was written by the client
        ("10.0.0.1", "198.51.100.4, 10.0.0.2", "198.51.100.4"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", callbacks.UNKNOWN_SOURCE),
    ],
)
def test_the_source_is_the_last_address_that_no_proxy_of_ours_has(
    settings: Any, peer: str, forwarded: str, source: str
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

    request = RequestFactory().post("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert callbacks.source_of(request) == source


# --- bodies that are too large -----------------------------------------------------------------------------------


@pytest.mark.parametrize("excess", [1, configured.CALLBACK_MAX_BYTES, 2 * configured.CALLBACK_MAX_BYTES])
def test_a_body_over_the_limit_is_refused(account: Account, excess: int) -> None:
    answer = push(door(account), b"x" * (configured.CALLBACK_MAX_BYTES + excess))

    assert answer.status_code == 413
    assert not Callback.objects.exists()


def test_a_body_at_the_limit_is_taken(account: Account) -> None:
    assert push(door(account), b"x" * configured.CALLBACK_MAX_BYTES).status_code == 200


@pytest.mark.parametrize("declared", ["5", "0", "", "-1", "²", "nonsense"])
def test_a_length_that_lies_lets_nothing_large_in(account: Account, declared: str) -> None:
    large = b"x" * (configured.CALLBACK_MAX_BYTES * 3)
    environment = {"CONTENT_LENGTH": declared, "wsgi.input": io.BytesIO(large)}

    answer = Client(raise_request_exception=False).post(door(account), b"", content_type="x/y", **environment)

    assert answer.status_code < 500 or declared in {"²", "nonsense"}  # which no server lets through
    assert not any(len(bytes(callback.body)) > 10 for callback in Callback.objects.all())


# --- silence in the log ------------------------------------------------------------------------------------------


def test_the_secret_is_in_no_line_of_the_log_whatever_becomes_of_the_push(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    push(door(account))
    push(door(account), b"x" * (configured.CALLBACK_MAX_BYTES + 1))
    push(door(account, kind="states"))
    Client().get(door(account))
    Account.objects.update(allowed_sources="203.0.113.0/24")
    push(door(account))
    push(door(account, secret="guessed-secret"))

    assert "Not Found: /callbacks/" in caplog.text  # as Django writes it
    assert account.callback_secret not in caplog.text
    assert "guessed-secret" not in caplog.text


class Chunked:
    """A server's input of a body without a length: it ends where the server says so."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)
        self.asked: list[int] = []

    def read(self, size: int = -1) -> bytes:
        self.asked.append(size)
        return self._body.read(size)


def without_a_length(account: Account, stream: Chunked) -> int:
    request = RequestFactory().post(door(account), content_type="application/json")
    request.META.update({"CONTENT_LENGTH": "", "wsgi.input": stream, "wsgi.input_terminated": True})
    answer = callbacks.receive(request, account.pk, account.callback_secret, "bills")
    return answer.status_code


def test_a_body_without_a_length_is_kept_whole(account: Account) -> None:
    assert without_a_length(account, Chunked(BODY)) == 200
    assert bytes(Callback.objects.get().body) == BODY


def test_a_large_body_without_a_length_is_refused_and_not_read_to_its_end(account: Account) -> None:
    stream = Chunked(b"x" * (configured.CALLBACK_MAX_BYTES * 3))

    assert without_a_length(account, stream) == 413
    assert stream.asked == [configured.CALLBACK_MAX_BYTES + 1]


# --- a carrier that pushes ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("callbacks_are", ["doubled", "shuffled"])
def test_what_a_carrier_pushes_goes_through_the_door_into_the_ledger(live_server: Any, callbacks_are: str) -> None:
    with running_carrier(callbacks=callbacks_are) as carrier:
        carrier.switch(callback_url=live_server.url + door(carrier.account))
        batch = carrier.call(*range(0, 90, 6))
        pushes = 15 * (2 if callbacks_are == "doubled" else 1)
        eventually(lambda: sum(carrier.sandbox.memory.callback_outcomes.values()) == pushes)

        while ledger.apply_next():
            pass

        assert carrier.sandbox.memory.callback_answers == {"200": pushes}
        assert not batch.attempts.filter(settled_at=None).exists()
        assert CallRecord.objects.count() == 15
