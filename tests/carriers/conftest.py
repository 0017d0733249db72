"""Small servers, a wire whose exchanges can be read, a token in memory, and the sandbox carrier."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialer.carriers.contract import AccountSettings, Carrier, Exchange
from dialer.carriers.http import Wire
from dialer.terms import NumberForm
from tests.carriers.inbox import Inbox
from tests.carriers.small_server import SmallServer, Talk

PAYLOADS = Path(__file__).parent.parent / "payloads"
APP_ID = "canary-app-id"
ACCESS_KEY = "canary/key+with äccent"  # JSON, URLs and PHP each have a spelling of their own for this


class MemoryToken:
    """A token store for one process."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.renewals = 0

    def current(self) -> str:
        return self.token

    def renew(self, spent: str, log_in: Callable[[], str]) -> str:
        self.renewals += 1
        self.token = log_in()
        return self.token

    def forget(self) -> None:
        self.token = ""


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def wire(exchanges: list[Exchange]) -> Wire:
    """Impatient, so that tests of time-outs are short."""
    return Wire(
        recorder=exchanges.append,
        connect_seconds=2,
        read_seconds=0.5,
        total_seconds=1.5,
        allow_private_addresses=True,
    )


@pytest.fixture
def serve() -> Iterator[Callable[..., SmallServer]]:
    """Starts a server with the given talks, one for each connection."""
    with ExitStack() as running:

        def start(*talks: Talk, tls: ssl.SSLContext | None = None) -> SmallServer:
            server = SmallServer(*talks, tls=tls)
            running.callback(server.stop)
            return server

        yield start


@pytest.fixture
def settings_at() -> Callable[..., AccountSettings]:
    def settings_of(address: str, **changes: object) -> AccountSettings:
        usual = {
            "app_id": APP_ID,
            "access_key": ACCESS_KEY,
            "batch_url": address,
            "token_url": address,
            "country": "ID",
            "time_zone": ZoneInfo("Asia/Shanghai"),
            "number_form": NumberForm.NATIONAL,
        }
        return AccountSettings(**{**usual, **changes})

    return settings_of


@pytest.fixture
def tokens() -> MemoryToken:
    return MemoryToken()


@pytest.fixture
def payload() -> Callable[[str], bytes]:
    """The bytes of a file that lies with its source in tests/payloads."""
    return lambda name: (PAYLOADS / name).read_bytes()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    received = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield received
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def patient_carrier(carrier: Carrier) -> Carrier:
    """For a request that takes its time; a module whose carrier's requests do gives its own."""
    return carrier
