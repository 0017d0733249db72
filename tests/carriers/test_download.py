"""A file comes once, whole or not at all, and its address is told to nobody."""

import pytest

from dialer.carriers.contract import AddressForbidden, NotSent, OutcomeUnknown, Refused, TryLater
from dialer.carriers.http import Wire
from tests.carriers.small_server import answer

SOUND = b"ID3" + bytes(200_000)


def fetch(wire, url, *, most_bytes=1_000_000, **limits):
    with wire.download(url, purpose="recording", most_bytes=most_bytes, **limits) as file:
        return file, b"".join(file.chunks)


def test_a_file_comes_with_its_length(wire, serve):
    server = serve(answer(SOUND, headers="Content-Type: audio/mpeg"))

    file, content = fetch(wire, f"{server.address}/a/b.mp3?sign=1")

    assert content == SOUND
    assert (file.status, file.content_type, file.length_bytes) == (200, "audio/mpeg", len(SOUND))
    assert server.requests[0].startswith(b"GET /a/b.mp3?sign=1 HTTP/1.1")


def test_a_file_without_a_length_comes_whole(wire, serve):
    server = serve(lambda c: c.say(b"HTTP/1.1 200 OK\r\n\r\n" + SOUND))

    file, content = fetch(wire, server.address)

    assert (file.length_bytes, content) == (None, SOUND)


def test_a_file_that_breaks_off_is_an_unknown_outcome(wire, serve, exchanges):
    server = serve(answer(SOUND, cut_at=100_000))

    with pytest.raises(OutcomeUnknown):
        fetch(wire, server.address)

    assert exchanges[0].complaint


def test_a_file_without_a_length_that_takes_too_long_is_not_taken_for_whole(wire, serve):
    def talk(conversation):
        conversation.say(b"HTTP/1.1 200 OK\r\n\r\n" + SOUND)
        conversation.drip(b"x", every_seconds=0.1)

    server = serve(talk)

    with pytest.raises(OutcomeUnknown, match="in time"):
        fetch(wire, server.address, total_seconds=1)


def test_a_file_that_pauses_too_long_is_given_up(wire, serve):
    def talk(conversation):
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        conversation.keep_silent()

    with pytest.raises(OutcomeUnknown, match="in time"):
        fetch(wire, serve(talk).address)


def test_a_file_too_large_is_given_up(wire, serve):
    server = serve(answer(SOUND))

    with pytest.raises(OutcomeUnknown, match="larger"):
        fetch(wire, server.address, most_bytes=1000)


@pytest.mark.parametrize(
    ("status", "error"), [(403, Refused), (404, Refused), (410, Refused), (429, TryLater), (503, OutcomeUnknown)]
)
def test_a_file_that_is_not_given_says_why(wire, serve, exchanges, status, error):
    server = serve(answer(b"the link has expired", status=status))

    with pytest.raises(error):
        fetch(wire, server.address)

    assert (exchanges[0].status, exchanges[0].response) == (status, "the link has expired")


def test_a_file_is_followed_to_where_it_lies(wire, serve):
    storage = serve(answer(SOUND))
    server = serve(answer(b"", status=302, headers=f"Location: {storage.address}/there"))

    assert fetch(wire, server.address)[1] == SOUND
    assert storage.requests[0].startswith(b"GET /there ")


def test_a_file_is_not_followed_in_circles(wire, serve):
    server = serve(answer(b"", status=302, headers="Location: /again"))

    with pytest.raises(Refused, match="redirects"):
        fetch(wire, server.address)

    assert len(server.requests) == 4


def test_a_file_is_not_followed_out_of_the_web(wire, serve):
    server = serve(answer(b"", status=302, headers="Location: file:///etc/passwd"))

    with pytest.raises(NotSent):
        fetch(wire, server.address)


@pytest.mark.parametrize("location", ["http://[broken", ""])
def test_a_redirect_to_nowhere_is_a_refusal(wire, serve, location):
    server = serve(answer(b"", status=302, headers=f"Location: {location}"))

    with pytest.raises(Refused):
        fetch(wire, server.address)


@pytest.mark.parametrize("url", ["", "not an address", "http://[broken", "ftp://127.0.0.1/"])
def test_a_link_that_is_no_address_is_not_asked(wire, exchanges, url):
    with pytest.raises(NotSent):
        fetch(wire, url)

    assert len(exchanges) == 1


def test_a_file_is_not_fetched_from_our_own_network(serve, exchanges):
    server = serve(answer(SOUND))

    with pytest.raises(AddressForbidden):
        fetch(Wire(recorder=exchanges.append, allow_private_addresses=False), server.address)

    assert server.requests == []


def test_our_own_trouble_with_a_file_is_not_blamed_on_the_carrier(wire, serve, exchanges):
    server = serve(answer(SOUND))

    with (
        pytest.raises(OSError, match="disk"),
        wire.download(server.address, purpose="recording", most_bytes=10**6),
    ):
        raise OSError("the disk is full")

    assert len(exchanges) == 1
    assert exchanges[0].complaint == ""


@pytest.mark.parametrize("said", ["{address}/canary-path?sign=canary", "/canary-path?sign=canary", "at /canary-path"])
def test_the_address_of_a_file_is_told_to_nobody(wire, serve, exchanges, said):
    server = serve(lambda c: answer(f"no {said.format(address=server.address)}".encode(), status=404)(c))

    with pytest.raises(Refused) as refused:
        fetch(wire, f"{server.address}/canary-path?sign=canary")

    assert exchanges[0].url == f"{server.address}/•••"
    assert exchanges[0].response.startswith("no ")
    assert "canary" not in repr(exchanges) + repr(refused.value)
