"""One try, and the right conclusion from whatever happens on the wire."""

import logging
import os
import time

import pytest

from dialer.carriers.contract import NotSent, OutcomeUnknown, Refused, TryLater
from dialer.carriers.http import Wire
from tests.carriers.small_server import answer

JSON = b'{"code": 200}'
FORM = {"service": "Call", "note": "ein Wort"}
NOBODY = "http://127.0.0.1:9/"  # the discard port


def post(wire, url, **fields):
    return wire.post_form(url, FORM | fields, purpose="launch", secrets={"key"})


def test_a_form_goes_out_as_multipart_form_data_without_file_names(wire, serve):
    server = serve(answer(JSON))

    assert post(wire, server.address).document == {"code": 200}

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1")
    assert b"multipart/form-data; boundary=" in head
    assert b"Connection: close" in head
    assert b'Content-Disposition: form-data; name="note"\r\n\r\nein Wort\r\n' in body
    assert b"filename" not in body


def test_every_request_has_a_connection_of_its_own(wire, serve):
    server = serve(answer(JSON))

    post(wire, server.address)
    post(wire, server.address)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "url", [NOBODY, "http://a..b/", "ftp://127.0.0.1/", "not an address", "", "http://", "http://[::1/"]
)
def test_what_never_connects_was_not_sent(wire, exchanges, url):
    with pytest.raises(NotSent, match="Nothing was sent"):
        post(wire, url)

    assert len(exchanges) == 1
    assert exchanges[0].status is None
    assert "Nothing was sent" in exchanges[0].complaint


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda c: None, id="closed without an answer"),
        pytest.param(lambda c: c.reset(), id="reset"),
        pytest.param(lambda c: c.keep_silent(), id="silence"),
        pytest.param(lambda c: c.say(b"HTTP/1.1 200 OK\r\nContent-Le"), id="cut in the head"),
        pytest.param(lambda c: c.say(b"\0\1\2\3"), id="not HTTP"),
        pytest.param(answer(JSON, cut_at=5), id="cut in the body"),
        pytest.param(lambda c: c.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), id="bad chunk"),
        pytest.param(lambda c: c.drip(b"HTTP/1.1 200 OK\r\n", every_seconds=0.1), id="head for ever"),
        pytest.param(answer(b"<html>502</html>", headers="Content-Type: text/html"), id="a page"),
        pytest.param(answer(b""), id="nothing"),
        pytest.param(answer(b"[1]"), id="a list"),
        pytest.param(answer(b"[" * 100_000), id="nested for ever"),
        pytest.param(answer(b'{"code": ' + b"9" * 5000 + b"}"), id="a number for ever"),
        *(pytest.param(answer(JSON, status=status), id=str(status)) for status in (408, 499, 500, 502, 503, 504)),
    ],
)
def test_what_breaks_after_the_connection_stands_may_have_been_taken(wire, serve, exchanges, talk):
    server = serve(talk)

    with pytest.raises(OutcomeUnknown):
        post(wire, server.address)

    assert len(server.requests) == 1
    assert len(exchanges) == 1
    assert exchanges[0].complaint


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304, 400, 401, 403, 404, 405, 413, 422])
def test_a_clear_no_of_the_wire_is_a_refusal(wire, serve, status):
    server = serve(answer(JSON, status=status, headers="Location: http://127.0.0.1:9/?key=secret"))

    with pytest.raises(Refused) as refused:
        post(wire, server.address)

    assert refused.value.code == str(status)
    assert "secret" not in str(refused.value)


def test_a_redirect_is_not_followed(wire, serve):
    elsewhere = serve(answer(JSON))
    server = serve(answer(b"", status=307, headers=f"Location: {elsewhere.address}/"))

    with pytest.raises(Refused, match="elsewhere"):
        post(wire, server.address)

    assert elsewhere.requests == []


def test_too_many_requests_can_be_tried_later(wire, serve):
    server = serve(answer(JSON, status=429))

    with pytest.raises(TryLater):
        post(wire, server.address)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"], ids=["no length", "long"]
)
def test_an_answer_that_drips_for_ever_ends_at_the_total_time(wire, serve, head):
    def talk(conversation):
        conversation.say(head)
        conversation.drip(b'{"code": 200}', every_seconds=0.1)

    server = serve(talk)
    started = time.monotonic()

    with pytest.raises(OutcomeUnknown, match="in time"):
        post(wire, server.address)

    assert time.monotonic() - started < 5


def test_an_answer_larger_than_any_is_not_read_on(wire, serve, monkeypatch):
    monkeypatch.setattr("dialer.carriers.http.LONGEST_ANSWER_BYTES", 1000)
    server = serve(answer(b'{"a": "' + b"x" * 2000 + b'"}'))

    with pytest.raises(OutcomeUnknown, match="larger than 1,000 bytes"):
        post(wire, server.address)


def test_an_answer_with_a_byte_order_mark_or_wrong_characters_is_read(wire, serve):
    server = serve(answer(b'\xef\xbb\xbf{"msg": "\xc4\xe3"}'))

    assert "msg" in post(wire, server.address).document


def test_proxies_of_the_environment_are_not_asked(wire, serve, monkeypatch):
    proxy, server = serve(answer(JSON)), serve(answer(JSON))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setitem(os.environ, name, proxy.address)

    post(wire, server.address)

    assert proxy.requests == []


def test_an_exchange_tells_what_happened_and_how_long_it_took(wire, serve, exchanges):
    server = serve(answer(b'{"code": 200, "msg": "fine"}'))

    post(wire, f"{server.address}/api?key=canary", key="canary-key")

    (exchange,) = exchanges
    assert exchange.purpose == "launch"
    assert exchange.url == f"{server.address}/api?•••"
    assert exchange.request == "service=Call\nnote=ein Wort\nkey=•••"
    assert (exchange.status, exchange.response, exchange.complaint) == (200, '{"code": 200, "msg": "fine"}', "")
    assert exchange.elapsed_milliseconds >= 0


def test_a_refused_exchange_keeps_the_words_of_the_refusal(wire, serve, exchanges):
    server = serve(answer(b"blocked by the firewall", status=403))

    with pytest.raises(Refused):
        post(wire, server.address)

    assert (exchanges[0].status, exchanges[0].response) == (403, "blocked by the firewall")


def test_an_exchange_that_cannot_be_kept_does_not_undo_the_answer(serve, caplog):
    def fails(exchange):
        raise RuntimeError("the disk is full")

    wire = Wire(recorder=fails, allow_private_addresses=True)
    server = serve(answer(JSON))

    with caplog.at_level(logging.ERROR):
        assert post(wire, server.address).document == {"code": 200}

    assert "could not be kept" in caplog.text


def test_an_exchange_that_cannot_be_kept_does_not_hide_the_error(serve):
    def fails(exchange):
        raise RuntimeError("the disk is full")

    with pytest.raises(NotSent):
        post(Wire(recorder=fails, allow_private_addresses=True), NOBODY)


# --- JSON ---------------------------------------------------------------------------------------------------------


def post_json(wire, url, document, **how):
    return wire.post_json(url, document, purpose="launch", **how)


def test_a_json_document_goes_out_as_utf8_with_its_headers(wire, serve):
    server = serve(answer(JSON))

    assert post_json(wire, server.address, {"text": "Mã", "n": [1, None]}, headers={"Api-Key": "k"}).status == 200

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1")
    assert b"Content-Type: application/json;charset=UTF-8" in head
    assert b"Api-Key: k" in head
    assert b"Connection: close" in head
    assert body == '{"text":"Mã","n":[1,null]}'.encode()


def test_half_a_character_does_not_keep_a_document_from_leaving(wire, serve):
    server = serve(answer(JSON))

    post_json(wire, server.address, {"text": "a\ud800b"})

    assert server.requests[0].endswith(b'{"text":"a?b"}')


def test_a_get_asks_with_its_parameters_and_tells_no_body(wire, serve, exchanges):
    server = serve(answer(JSON))

    found = wire.get_json(
        f"{server.address}/link", purpose="link", parameters={"id": "a b/1"}, headers={"Sign": "canary-sign"}
    )

    assert found.document == {"code": 200}
    assert server.requests[0].startswith(b"GET /link?id=a+b%2F1 HTTP/1.1")
    assert b"Sign: canary-sign" in server.requests[0]
    assert (exchanges[0].url, exchanges[0].request) == (f"{server.address}/link", "GET\nid=a b/1")


@pytest.mark.parametrize("ask", ["post_json", "get_json"])
def test_headers_are_in_no_exchange(wire, serve, exchanges, ask):
    server = serve(answer(JSON))
    document = ({},) if ask == "post_json" else ()

    getattr(wire, ask)(server.address, *document, purpose="launch", headers={"Api-Key": "canary-key"})

    assert "canary" not in repr(exchanges)


def test_names_of_secrets_are_hidden_in_the_document_and_in_the_answer(wire, serve, exchanges):
    server = serve(answer(b'{"data": {"url": "http://h/canary-2"}, "echo": "canary-1"}'))

    post_json(wire, server.address, {"token": "canary-1", "inner": [{"url": "canary-3"}]}, secrets={"token", "url"})

    assert "canary" not in repr(exchanges)
    assert '"token": "•••"' in exchanges[0].request


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda c: c.reset(), id="reset"),
        pytest.param(answer(JSON, cut_at=5), id="cut in the body"),
        pytest.param(answer(b"[1]"), id="a list"),
        pytest.param(answer(JSON, status=502), id="a gateway's failure"),
    ],
)
def test_json_is_judged_by_the_same_rules_as_a_form(wire, serve, exchanges, talk):
    server = serve(talk)

    for ask in (lambda: post_json(wire, server.address, {}), lambda: wire.get_json(server.address, purpose="bills")):
        with pytest.raises(OutcomeUnknown):
            ask()

    assert len(server.requests) == len(exchanges) == 2


def test_a_header_that_http_does_not_know_does_not_leave(wire, exchanges):
    for value in ("two\r\nlines", " leading"):
        with pytest.raises(NotSent, match="signs that no header takes"):
            post_json(wire, NOBODY, {}, headers={"Api-Key": value})

    assert len(exchanges) == 2
