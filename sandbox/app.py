"""Puts the sandbox together and leads each request to its room."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from sandbox.callbacks import Callbacks
from sandbox.calls import Lines
from sandbox.control import PREFIX, Control
from sandbox.fates import Moment, RequestFate
from sandbox.forms import FormError, read_form
from sandbox.journal import Journal
from sandbox.memory import Memory
from sandbox.page import page
from sandbox.replies import Reply, Silence, html_reply, json_reply
from sandbox.server import Request, Server
from sandbox.switches import Switches
from sandbox.yunhu import PATH, RECORDING, RECORDINGS_PATH, Yunhu
from sandbox.yunhu_bills import callback_body

FIRST_CALLBACK_SECONDS = 10
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
        self._callbacks = Callbacks(
            memory=self.memory,
            render=lambda call: callback_body(call, echo_form=self.memory.switches.echo_form),
        )
        self._lines = Lines(memory=self.memory, callbacks=self._callbacks)
        self._stopping = threading.Event()
        self._server = Server(port=port, respond=self._respond, stopping=self._stopping)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._yunhu = Yunhu(memory=self.memory, lines=self._lines, address=self.address)
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

    def _respond(self, request: Request) -> Reply | Silence:
        parts = urlsplit(request.target)
        if parts.path.startswith(PREFIX):
            return self._control_reply(request, parts.path.removeprefix(PREFIX), dict(parse_qsl(parts.query)))
        if parts.path == PATH:
            return self._yunhu_reply(request)
        if request.method == "GET" and parts.path.startswith(RECORDINGS_PATH):
            return self._recording_reply(parts.path.removeprefix(RECORDINGS_PATH))
        if request.method == "GET" and parts.path == "/":
            return html_reply(page(state=self._control.state(), calls=self._control.newest_calls(200)))
        self._yunhu.blame("", f"{request.method} {parts.path} is no address of the carrier")
        return json_reply({"error": "no such address"}, status=404)

    def _control_reply(self, request: Request, name: str, query: dict[str, str]) -> Reply:
        if request.method == "POST":
            return self._control.write(name, request.body)
        return self._control.read(name, query)

    def _yunhu_reply(self, request: Request) -> Reply | Silence:
        if request.method != "POST":
            self._yunhu.blame("", f"{request.method} instead of POST")
            return json_reply({"error": "POST is expected"}, status=405)
        try:
            form = read_form(content_type=request.content_type, body=request.body)
        except FormError as error:
            return self._yunhu.violated("", str(error))
        service = form.get("service", "")
        fate = self._arrived(service)
        return self._under_fate(fate, lambda: self._yunhu.answer(form, fate=fate))

    def _recording_reply(self, key: str) -> Reply | Silence:
        fate = self._arrived(RECORDING)
        return self._under_fate(fate, lambda: self._yunhu.download(key, fate=fate))

    def _arrived(self, service: str) -> RequestFate | None:
        self.memory.note("request", service=service)
        return self.memory.take_request_fate(service)

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
