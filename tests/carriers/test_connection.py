"""A connection knows whether it ever stood, is verified, and stays out of our own network."""

import datetime
import ipaddress
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dialer.carriers.connection import is_private
from dialer.carriers.contract import AddressForbidden, NotSent, OutcomeUnknown
from dialer.carriers.http import Wire
from tests.carriers.small_server import answer

JSON = b'{"code": 200}'


@pytest.fixture
def careful_wire(exchanges):
    """Not allowed into private networks."""
    return Wire(recorder=exchanges.append, allow_private_addresses=False)


@pytest.fixture
def resolve_to(monkeypatch):
    """Makes a resolver of the given addresses; tells how often it was asked."""

    def install(*addresses: str) -> list[str]:
        asked = []

        def getaddrinfo(host, port, *args, **kwargs):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return install


def post(wire, url):
    return wire.post_form(url, {"service": "Call"}, purpose="launch")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1",
        "64:ff9b:1::a00:1", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_private(address):
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "149.129.249.47", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_not_private(address):
    assert not is_private(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_our_own_network_is_not_connected_to(careful_wire, serve, host):
    server = serve(answer(JSON))

    with pytest.raises(AddressForbidden):
        post(careful_wire, f"http://{host}:{server.port}/")

    assert server.requests == []


def test_a_public_name_for_an_inner_address_is_not_connected_to(careful_wire, serve, resolve_to):
    server = serve(answer(JSON))
    resolve_to("127.0.0.1")

    with pytest.raises(AddressForbidden):
        post(careful_wire, f"http://carrier.test:{server.port}/")

    assert server.requests == []


def test_one_inner_address_among_public_ones_forbids_the_name(careful_wire, serve, resolve_to):
    server = serve(answer(JSON))
    resolve_to("8.8.8.8", "127.0.0.1")

    with pytest.raises(AddressForbidden):
        post(careful_wire, f"http://carrier.test:{server.port}/")

    assert server.requests == []


def test_a_name_is_resolved_once_so_that_it_cannot_change_between_look_and_connection(wire, serve, resolve_to):
    server = serve(answer(JSON))
    asked = resolve_to("127.0.0.1")

    post(wire, f"http://carrier.test:{server.port}/")

    assert asked == ["carrier.test"]
    assert f"Host: carrier.test:{server.port}".encode() in server.requests[0]


def test_an_unknown_host_was_not_sent_to(wire, monkeypatch):
    def getaddrinfo(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(NotSent, match=r"carrier\.test is not known"):
        post(wire, "http://carrier.test/")


def test_a_second_address_is_tried_when_the_first_is_dead(wire, serve, resolve_to):
    server = serve(answer(JSON))
    resolve_to("127.0.0.9", "127.0.0.1")

    assert post(wire, f"http://carrier.test:{server.port}/").document == {"code": 200}


def test_a_second_address_is_tried_when_the_first_is_a_black_hole(wire, serve, resolve_to):
    server = serve(answer(JSON))
    resolve_to("127.0.0.9", "127.0.0.1")
    with (
        socket.create_server(("127.0.0.9", server.port), backlog=0),
        socket.socket() as first,
        socket.socket() as second,
    ):
        for waiting in (first, second):  # nobody takes them, so the queue is full and further calls are not heard
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.9", server.port))

        assert post(wire, f"http://carrier.test:{server.port}/").document == {"code": 200}


def test_a_resolver_that_takes_all_the_time_means_not_sent(serve, exchanges, resolve_to):
    server = serve(answer(JSON))
    resolve_to("127.0.0.1")
    wire = Wire(recorder=exchanges.append, connect_seconds=1e-6, allow_private_addresses=True)

    with pytest.raises(NotSent):
        post(wire, f"http://carrier.test:{server.port}/")

    assert server.requests == []


@pytest.fixture
def tls(tmp_path):
    """A server's TLS context and the file of the only authority that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "carrier of tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    authority, key_file = tmp_path / "authority.pem", tmp_path / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(pem, form, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, key_file)
    return context, authority


@pytest.fixture
def trusted(tls, monkeypatch):
    """The server's TLS context, vouched for."""
    context, authority = tls
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(authority))
    return context


def test_a_certificate_that_nobody_vouches_for_means_not_sent(wire, serve, tls):
    server = serve(answer(JSON), tls=tls[0])

    with pytest.raises(NotSent, match="No secure connection"):
        post(wire, server.address)

    assert server.requests == []


def test_the_environment_cannot_vouch_for_a_certificate(wire, serve, tls, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls[1]))
    server = serve(answer(JSON), tls=tls[0])

    with pytest.raises(NotSent):
        post(wire, server.address)


def test_a_server_without_tls_means_not_sent(wire, serve):
    server = serve(answer(JSON))

    with pytest.raises(NotSent):
        post(wire, server.address.replace("http:", "https:"))


def test_a_verified_connection_carries_the_request(wire, serve, trusted):
    assert post(wire, serve(answer(JSON), tls=trusted).address).document == {"code": 200}


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda c: None, id="closed"),
        pytest.param(lambda c: c.keep_silent(), id="silence"),
        pytest.param(lambda c: c.drip(b"HTTP/1.1 200 OK\r\n", every_seconds=0.1), id="head for ever"),
    ],
)
def test_what_breaks_after_tls_stands_may_have_been_taken(wire, serve, trusted, talk):
    server = serve(talk, tls=trusted)

    with pytest.raises(OutcomeUnknown):
        post(wire, server.address)

    assert len(server.requests) == 1
