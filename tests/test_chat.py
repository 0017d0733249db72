"""Messages to chat services: they arrive, keep out of private networks, and say why not without their secret."""

from collections.abc import Iterator

import pytest

from dialer import chat
from tests.carriers.small_server import SmallServer, Talk, answer

SECRET = "t0psecretpath"


@pytest.fixture
def service() -> Iterator["Starter"]:
    starter = Starter()
    yield starter
    for server in starter.servers:
        server.stop()


class Starter:
    """Starts small servers, and tells their address as a chat service is written."""

    def __init__(self) -> None:
        self.servers: list[SmallServer] = []

    def __call__(self, *talks: Talk, host: str = "127.0.0.1") -> str:
        self.servers.append(SmallServer(*talks))
        return f"json://user:{SECRET}@{host}:{self.servers[-1].port}/{SECRET}"

    @property
    def requests(self) -> list[bytes]:
        return [request for server in self.servers for request in server.requests]


def send(address: str, *, allow_private_addresses: bool = True) -> None:
    chat.send(address, title="Dialer", body="It has ended.", allow_private_addresses=allow_private_addresses)


def test_a_message_arrives_once(service: Starter) -> None:
    send(service(answer(b"{}")))

    (request,) = service.requests
    assert b'"title": "Dialer"' in request
    assert b'"message": "It has ended."' in request


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_address_is_not_reached_by_number_or_by_name(service: Starter, host: str) -> None:
    address = service(answer(b"{}"), host=host)

    with pytest.raises(chat.ChatError, match="private network") as caught:
        send(address, allow_private_addresses=False)

    assert service.requests == []
    assert not caught.value.may_be_repeated
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("status", "may_be_repeated"), [(401, False), (404, False), (429, True), (503, True)])
def test_a_refusal_tells_its_number_and_never_the_address(service: Starter, status: int, may_be_repeated: bool) -> None:
    with pytest.raises(chat.ChatError, match=f"HTTP {status}") as caught:
        send(service(answer(SECRET.encode(), status=status)))

    assert caught.value.may_be_repeated == may_be_repeated
    assert SECRET not in str(caught.value)
    assert len(service.requests) == 1


def test_a_service_that_is_not_there_may_be_tried_again() -> None:
    with pytest.raises(chat.ChatError, match="could not be reached") as caught:
        send(f"json://127.0.0.1:9/{SECRET}")

    assert caught.value.may_be_repeated


def test_a_service_that_keeps_silent_is_left_and_not_asked_twice(
    service: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "SECONDS", 3)
    address = service(lambda conversation: conversation.keep_silent())

    with pytest.raises(chat.ChatError, match="not known") as caught:
        send(f"{address}?rto=60")

    assert not caught.value.may_be_repeated


@pytest.mark.parametrize(
    "address", ["", "slack://", "syslog://", "dbus://", "mailto://a:b@c.d", "file:///etc/passwd", "not an address"]
)
def test_only_chat_services_are_taken(address: str) -> None:
    with pytest.raises(chat.ChatError, match="no address of a chat service"):
        chat.check(address)


@pytest.mark.parametrize(
    "address",
    ["slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "https://discord.com/api/webhooks/417/abcdef", "ntfy://x"],
)
def test_a_services_own_address_is_known_without_asking_it(address: str) -> None:
    chat.check(address)


def test_the_child_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, service: Starter) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy of the environment would see the message

    send(service(answer(b"{}")))

    assert len(service.requests) == 1
