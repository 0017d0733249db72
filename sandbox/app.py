"""Puts the sandbox together and leads each request to its room."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox import laaffic_outcomes, yunhu_menu
from sandbox.blame import Blame
from sandbox.callbacks import Callbacks
from sandbox.calls import Lines
from sandbox.control import PREFIX, Control
from sandbox.facts import LAAFFIC, YUNHU, Call
from sandbox.fates import Moment, RequestFate
from sandbox.forms import FormError, read_form
from sandbox.journal import Journal
from sandbox.laaffic import Address, Laaffic, address_of
from sandbox.laaffic_records import push_body
from sandbox.memory import Memory
from sandbox.page import page
from sandbox.pushes import PushForm
from sandbox.recordings import PATHS, RECORDING, Recordings
from sandbox.replies import Reply, Silence, html_reply, json_reply
from sandbox.server import Request, Server
from sandbox.switches import Switches
from sandbox.yunhu import PATH, Yunhu
from sandbox.yunhu_bills import callback_body

FIRST_CALLBACK_SECONDS = 10
MOST_REPORTS = 5  # of Laaffic in one push, if it pushes arrays
STOP_LOOK_SECONDS = 0.02  # how long stopping the server may take
HTML_ERROR = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

_INSTEAD: dict[str, Reply | Silence] = {
    "drop": Silence(is_held=False),
    "timeout": Silence(is_held=True),
    "http_500": html_reply("<h1>500 Internal Server Error</h1>", status=500),
    "html": html_reply(HTML_ERROR),
}


class Sandbox:
    """The whole sandbox on 127.0.0.1. Use it as a context manager, or call `start` and `stop`."""

    def __init__(self, *, port: int = 0, switches: Switches | None = None, state_file: Path | None = None) -> None:
        journal = Journal(state_file) if state_file else None
        self.memory = Memory(switches=switches or Switches(), journal=journal)
        self._callbacks = Callbacks(memory=self.memory, forms=self._push_forms())
        self._lines = Lines(memory=self.memory, callbacks=self._callbacks, outcome_of=self._outcome)
        self._stopping = threading.Event()
        self._server = Server(port=port, respond=self._respond, stopping=self._stopping)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._blame = Blame(self.memory)
        self._recordings = Recordings(memory=self.memory, blame=self._blame, address=self.address)
        self._yunhu = Yunhu(memory=self.memory, lines=self._lines, recordings=self._recordings, blame=self._blame)
        self._laaffic = Laaffic(memory=self.memory, lines=self._lines, recordings=self._recordings, blame=self._blame)
        self._control = Control(memory=self.memory, lines=self._lines, callbacks=self._callbacks)

    def start(self) -> None:
        """Serve in the background; calls left open by a killed sandbox are taken up again."""
        self._callbacks.start()
        self._lines.start()
        threading.Thread(
            target=self._server.serve_forever, args=(STOP_LOOK_SECONDS,), name="sandbox-server", daemon=True
        ).start()

    def stop(self) -> None:
        """End all threads; what is open stays in the state file."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._lines.stop()
        self._callbacks.stop()
        self.memory.close()

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _push_forms(self) -> dict[str, PushForm]:
        memory = self.memory
        return {
            YUNHU: PushForm(
                body=lambda calls: callback_body(calls[0], echo_form=memory.switches.echo_form),
                extension_events=lambda call: yunhu_menu.extension_events(call, echo_form=memory.switches.echo_form),
            ),
            LAAFFIC: PushForm(
                body=lambda calls: push_body(
                    calls, form=memory.switches.laaffic_push_form, fields=memory.switches.laaffic_push_fields
                ),
                content_type="application/json;charset=UTF-8",
                most_at_once=lambda: MOST_REPORTS if memory.switches.laaffic_push_form == "array" else 1,
            ),
        }

    def _outcome(self, call: Call) -> dict[str, Any]:
        if call.batch.carrier == LAAFFIC:
            return laaffic_outcomes.outcome(call)
        return yunhu_menu.outcome(call, switches=self.memory.switches)

    def _respond(self, request: Request) -> Reply | Silence:
        parts = urlsplit(request.target)
        if parts.path.startswith(PREFIX):
            return self._control_reply(request, parts.path.removeprefix(PREFIX), dict(parse_qsl(parts.query)))
        if parts.path == PATH:
            return self._yunhu_reply(request)
        address = address_of(parts.path)
        if address is not None:
            return self._laaffic_reply(request, address)
        for carrier, path in PATHS.items():
            if request.method == "GET" and parts.path.startswith(path):
                return self._recording_reply(carrier, parts.path.removeprefix(path))
        if request.method == "GET" and parts.path == "/":
            return html_reply(page(self._control))
        self._blame(carrier="", service="", sentence=f"{request.method} {parts.path} is no address of a carrier")
        return json_reply({"error": "no such address"}, status=404)

    def _control_reply(self, request: Request, name: str, query: dict[str, str]) -> Reply:
        if request.method == "POST":
            return self._control.write(name, request.body)
        return self._control.read(name, query)

    def _yunhu_reply(self, request: Request) -> Reply | Silence:
        if request.method != "POST":
            self._blame(carrier=YUNHU, service="", sentence=f"{request.method} instead of POST")
            return json_reply({"error": "POST is expected"}, status=405)
        try:
            form = read_form(content_type=request.content_type, body=request.body)
        except FormError as error:
            return self._yunhu.violated("", str(error))
        return self._served(YUNHU, form.get("service", ""), lambda fate: self._yunhu.answer(form, fate=fate))

    def _laaffic_reply(self, request: Request, address: Address) -> Reply | Silence:
        return self._served(LAAFFIC, address.service, lambda fate: self._laaffic.answer(request, address, fate=fate))

    def _recording_reply(self, carrier: str, key: str) -> Reply | Silence:
        return self._served(carrier, RECORDING, lambda fate: self._recordings.download(key, carrier=carrier, fate=fate))

    def _served(self, carrier: str, service: str, act: Callable[[RequestFate | None], Reply]) -> Reply | Silence:
        """Count the request, let its fate rule over `act`, and remember what became of it."""
        at = time.time()
        self.memory.note("request", service=service)
        fate = self.memory.take_request_fate(service)
        reply = self._under_fate(fate, lambda: act(fate))
        self.memory.note("answered", at=at, carrier=carrier, service=service, outcome=_outcome_of(reply, fate))
        return reply

    def _under_fate(self, fate: RequestFate | None, act: Callable[[], Reply]) -> Reply | Silence:
        """Do `act`, unless the fate strikes before; answer with what the fate leaves of the answer."""
        if fate is None:
            return act()
        instead = _INSTEAD.get(fate.name.removesuffix("_before_accept").removesuffix("_after_accept"))
        if fate.moment is Moment.BEFORE:
            return instead or act()
        reply = act()
        if fate.name == "slow":
            self._stopping.wait(fate.argument)
        if fate.name == "callback_before_answer":
            self._wait_for_first_callback(reply.batch_id)
        return instead or reply

    def _wait_for_first_callback(self, batch_id: int | None) -> None:
        batch = self.memory.batches.get(batch_id or 0)
        if batch is None:
            return
        calls = [self.memory.calls[batch.id, index] for index in range(len(batch.numbers))]
        self.memory.wait_until(lambda: any(call.callbacks for call in calls), seconds=FIRST_CALLBACK_SECONDS)


def _outcome_of(reply: Reply | Silence, fate: RequestFate | None) -> str:
    """What became of a request, in few words."""
    words = reply.outcome or f"HTTP {reply.status}" if isinstance(reply, Reply) else "no answer"
    return f"{words} (ordered: {fate.name})" if fate else words
