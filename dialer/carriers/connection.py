"""One connection for one request: it knows whether it was ever up, ends at a deadline, and keeps out of our network."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool

from dialer.carriers.contract import AddressForbidden, NotSent
from dialer.translation import gettext


class Line:
    """State of a connection that is used once, so a stale one is never mistaken for an answer.

    `is_up` becomes true when connection and TLS stand: before that nothing of the request can have left us, after
    that nobody knows. `was_cut` tells that the total time ran out.
    """

    def __init__(self, *, connect_seconds: float, total_seconds: float, allow_private_addresses: bool) -> None:
        self.is_up = False
        self.was_cut = False
        self._connect_seconds = connect_seconds
        self._connect_until = time.monotonic() + connect_seconds
        self._allow_private_addresses = allow_private_addresses
        self._socket: socket.socket | None = None
        self._adapter: _Adapter | None = None
        self._watch = threading.Timer(total_seconds, self._cut)
        self._watch.daemon = True

    def send(self, request: requests.PreparedRequest, *, read_seconds: float) -> requests.Response:
        """The answer with its body still unread. Raises NotSent, or whatever requests raises.

        The adapter is asked without a session: no redirects, no repeats, no proxies, cookies or netrc of the
        environment. Certificates are verified.
        """
        self._watch.start()
        self._adapter = _Adapter(self)
        return self._adapter.send(request, stream=True, timeout=(self._connect_seconds, read_seconds), verify=True)

    def close(self) -> None:
        """End the watch and every handle of the connection. May be repeated."""
        self._watch.cancel()
        if self._adapter is not None:
            self._adapter.close()
        if self._socket is not None:
            self._socket.close()

    def open_socket(self, host: str, port: int) -> socket.socket:
        """A connected socket, to an address that was looked at. Raises NotSent, AddressForbidden."""
        addresses = self._addresses(host, port)
        for index, (family, address) in enumerate(addresses):
            left = self._connect_until - time.monotonic()
            opened = _try(family, address, seconds=left / (len(addresses) - index)) if left > 0 else None
            if opened is not None:
                opened.settimeout(self._connect_seconds)  # for the TLS handshake
                self._socket = opened.dup()  # a handle by which the watch can end the connection, TLS or not
                if self.was_cut:
                    opened.close()
                    break
                return opened
        sentence = gettext("Nobody answers at %(host)s, port %(port)s. Nothing was sent.")
        raise NotSent(sentence % {"host": host, "port": port})

    def _addresses(self, host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        """All addresses of the host; one forbidden among them forbids the host."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotSent(gettext("The host %(host)s is not known. Nothing was sent.") % {"host": host}) from None
        if not self._allow_private_addresses and any(is_private(str(entry[4][0])) for entry in found):
            sentence = gettext("%(host)s lies in a private network, which is not allowed. Nothing was sent.")
            raise AddressForbidden(sentence % {"host": host})
        return [(entry[0], entry[4]) for entry in found]

    def _cut(self) -> None:
        self.was_cut = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended already


@contextmanager
def line(*, connect_seconds: float, total_seconds: float, allow_private_addresses: bool) -> Iterator[Line]:
    """A line that is closed at the end, whatever happens."""
    opened = Line(
        connect_seconds=connect_seconds,
        total_seconds=total_seconds,
        allow_private_addresses=allow_private_addresses,
    )
    try:
        yield opened
    finally:
        opened.close()


def is_private(address: str) -> bool:
    """Whether an IP address is anything else than a public one, also when it is wrapped in an IPv6 address."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = _wrapped(ip)
        if inner is not None:
            return is_private(str(inner))
        if ip not in _PUBLIC_IPV6:
            return True
    return not ip.is_global or ip.is_multicast


_PUBLIC_IPV6: Final = ip_network("2000::/3")  # all that IANA has given out; the rest has meanings inside of networks
_NAT64: Final = ip_network("64:ff9b::/96")  # RFC 6052


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _try(family: socket.AddressFamily, address: Any, *, seconds: float) -> socket.socket | None:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.connect(address)
    except OSError:
        opened.close()
        return None
    return opened


class _Plain(HTTPConnection):
    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return self.line.open_socket(self.host, self.port or 80)

    def connect(self) -> None:
        super().connect()
        self.line.is_up = True


class _Secure(HTTPSConnection):
    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return self.line.open_socket(self.host, self.port or 443)

    def connect(self) -> None:
        super().connect()
        self.line.is_up = True


class _Adapter(HTTPAdapter):
    """Lets requests talk through one line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_Secure if pool.scheme == "https" else _Plain, line=self._line)
        return cast(HTTPConnectionPool, pool)
