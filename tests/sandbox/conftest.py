"""A sandbox on a free port, raw urllib requests against it, and a receiver for its callbacks."""

import base64
import hashlib
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import pytest

from sandbox import sound
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes

PLAY_VOICE = "App.Sip_Call.PlayVoice"
DEADLINE_SECONDS = 20
BEIJING = timezone(timedelta(hours=8))

_names = count(1)


def wait_until(condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`; fails after a deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return value


@dataclass(frozen=True, kw_only=True)
class Wire:
    """What a client of the carrier sees, and the control API."""

    address: str

    def get(self, target: str) -> tuple[int, bytes]:
        return _exchange(urllib.request.Request(urllib.parse.urljoin(self.address, target)))

    def post(self, service: str, **parameters: Any) -> dict[str, Any]:
        return json.loads(self.post_raw(service, **parameters)[1])

    def post_raw(self, service: str, *, seconds: float = DEADLINE_SECONDS, **parameters: Any) -> tuple[int, bytes]:
        body = urllib.parse.urlencode({"service": service, **parameters}).encode()
        return _exchange(urllib.request.Request(f"{self.address}/api/yunhu", body), seconds=seconds)

    def launch(self, *numbers: str, **changes: Any) -> dict[str, Any]:
        return self.post(PLAY_VOICE, **order(*numbers, **changes))

    def login(self) -> str:
        answer = self.post("App.Sip_Auth.Login", appid="sandbox", accesskey="sandbox")
        return answer["data"]["result"]["token"]

    def get_bill(self, token: str, /, **changes: Any) -> dict[str, Any]:
        window = {"token": token, "starttime": "2020-01-01 00:00:00", "endtime": "2099-01-01 00:00:00"}
        chosen = {"syncflag": 3, "direction": 3, "callmethod": 6, "currentpage": 1, "itemsperpage": 1000}
        filters = {"extnumber": "", "destnumber": "", "userid": "", "memberid": ""}
        return self.post("App.Sip_Cdr.GetBill", **(window | chosen | filters | changes))

    def bills(self, token: str, /, **changes: Any) -> list[dict[str, Any]]:
        return self.get_bill(token, **changes)["data"]["result"]["bills"]

    def link(self, token: str, name: str) -> str:
        answer = self.post("App.Sip_Cdr.GetRecodeFile", token=token, filename=name)
        return answer["data"]["result"]["downurl"]

    def read(self, name: str) -> Any:
        return json.loads(self.get(f"/_sandbox/{name}")[1])

    @property
    def state(self) -> dict[str, Any]:
        return self.read("state")

    def control(self, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(f"{self.address}/_sandbox/{name}", json.dumps(body).encode(), method="POST")
        status, answer = _exchange(request)
        return status, json.loads(answer)

    def order_fates(self, *fates: str, service: str = PLAY_VOICE) -> None:
        assert self.control("next", fates=list(fates), service=service)[0] == 200

    def wait_for_bills(self) -> None:
        wait_until(lambda: self.state["calls_open"] == 0)

    @property
    def laaffic(self) -> "Laaffic":
        return Laaffic(wire=self)


@dataclass(frozen=True, kw_only=True)
class Laaffic:
    """A client of Laaffic that signs as its page says."""

    wire: Wire
    key: str = "sandbox-key"
    secret: str = "sandbox-secret"

    def headers(self, *, seconds_ahead: float = 0) -> dict[str, str]:
        timestamp = str(int(time.time() + seconds_ahead))
        sign = hashlib.md5(f"{self.key}{self.secret}{timestamp}".encode(), usedforsecurity=False).hexdigest()
        signed = {"Api-Key": self.key, "Timestamp": timestamp, "Sign": sign}
        return {"Content-Type": "application/json;charset=UTF-8"} | signed

    def exchange(
        self, path: str, body: bytes | None, headers: dict[str, str], *, seconds: float = DEADLINE_SECONDS
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.wire.address}/{path}", body, headers)
        return _exchange(request, seconds=seconds)

    def post(self, service: str, body: Any, *, base: str = "v3/", **changes: str) -> dict[str, Any]:
        return json.loads(self.exchange(base + service, json.dumps(body).encode(), self.headers() | changes)[1])

    def get(self, service: str) -> dict[str, Any]:
        return json.loads(self.exchange(f"v3/{service}", None, self.headers())[1])

    def send(self, *numbers: str, **changes: Any) -> dict[str, Any]:
        return self.post("voice/group/call/send", task(*numbers, **changes))

    def upload(self, name: str = "hello.mp3", content: bytes | None = None) -> dict[str, Any]:
        return self.post("voice/fileUpload", {"fileName": name, "file": as_base64(content)})

    def records(self, *, days_back: float = 1, days: float = 2, **changes: Any) -> dict[str, Any]:
        start = datetime.now(BEIJING) - timedelta(days=days_back)
        params = {"strTime": start.isoformat(), "endTime": (start + timedelta(days=days)).isoformat()}
        return self.post("voice/recordGroupQuery", {"params": params | changes.pop("params", {})} | changes)

    def tasks(self, *, size: int = 100, **params: Any) -> list[dict[str, Any]]:
        window = {"strTime": "2020-01-01 00:00:00", "endTime": "2099-01-01 00:00:00"}
        answer = self.post("voice/group/call/query", {"current": 1, "size": size, "params": window | params})
        return answer["data"]["records"]

    def cancel(self, *task_ids: int, base: str = "v3/") -> dict[str, Any]:
        return self.post("voice/group/call/cancel", {"taskIdList": list(task_ids)}, base=base)

    def link(self, recording_id: str) -> dict[str, Any]:
        return self.get(f"voice/getRecordingFileUrl?recordingFileId={recording_id}&sourceType=group")


def as_base64(content: bytes | None = None) -> str:
    return base64.b64encode(sound.recording(seconds=2, seed=1) if content is None else content).decode()


def task(*numbers: str, **changes: Any) -> dict[str, Any]:
    """Parameters of a right group call, with `changes`; None leaves one out."""
    people = [{"calleeNumber": number} for number in numbers or ["6281200000001"]]
    spoken = {"source": 3, "text": "hello", "lan": "EN"}
    usual = {"appId": "sandbox", "taskName": f"task-{next(_names)}", "numberInfoList": people, **spoken}
    limits = {"loopCount": 1, "maxCalls": 60}
    return {name: value for name, value in (usual | limits | changes).items() if value is not None}


def order(*numbers: str, **changes: Any) -> dict[str, Any]:
    """Parameters of a right batch, with `changes`; None leaves one out."""
    usual = {
        "appid": "sandbox",
        "accesskey": "sandbox",
        "nationcode": "id",
        "destnumber": ",".join(numbers or ["81200000001"]),
        "voicetype": 1,
        "voicefile": "welcome",
        "userkey": 1,
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def _exchange(request: urllib.request.Request, *, seconds: float = DEADLINE_SECONDS) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


class Receiver:
    """Takes callbacks. `status` is what it answers; `may_answer` cleared makes it wait."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._server = _receiving_server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback?secret=1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.bodies) >= count)
        return [json.loads(body) for body in self.bodies]

    def close(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


def _receiving_server(receiver: Receiver) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/callback?secret=1"
            assert self.headers["Content-Type"] in ("application/json", "application/json;charset=UTF-8")
            receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.may_answer.wait(DEADLINE_SECONDS)
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    return wait_until


@pytest.fixture
def order_form() -> Callable[..., dict[str, Any]]:
    return order


@pytest.fixture
def sound_text() -> Callable[..., str]:
    return as_base64


@pytest.fixture
def laaffic(wire: Wire) -> Laaffic:
    return wire.laaffic


@pytest.fixture
def wire_to() -> Callable[[str], Wire]:
    return lambda address: Wire(address=address)


@pytest.fixture
def start() -> Iterator[Callable[..., Wire]]:
    """Starts a sandbox with the given switches; its calls pass 100,000 times faster unless `speed` is given."""
    with ExitStack() as running:

        def start_one(**switches: Any) -> Wire:
            chosen = with_changes(Switches(), {"speed": 100_000} | switches)
            sandbox = running.enter_context(Sandbox(switches=chosen))
            return Wire(address=sandbox.address)

        yield start_one


@pytest.fixture
def wire(start: Callable[..., Wire]) -> Wire:
    return start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiving = Receiver()
    yield receiving
    receiving.close()
