"""HTTP on 127.0.0.1: reads a request, writes a reply, or keeps the silence that was ordered."""

import select
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.replies import Reply, Silence, json_reply

LARGEST_BODY_BYTES = 250_000_000  # 100,000 people with ten texts of 30 characters each, escaped
IDLE_SECONDS = 30
LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, whole. `target` is path and query; the names of `headers` are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class Server(ThreadingHTTPServer):
    """A thread for each connection; `respond` is called from them at the same time."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *, port: int, respond: Callable[[Request], Reply | Silence], stopping: threading.Event) -> None:
        self.respond = respond
        self.stopping = stopping
        super().__init__(("127.0.0.1", port), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news; everything else stays loud."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    wbufsize = -1  # one write for head and body
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the page and the state tell what arrived."""

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(json_reply({"error": "a body of known and modest length is expected"}, status=413))
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the client died while it spoke: no request, and nobody to answer
            self.close_connection = True
            return
        request = Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        reply = self.server.respond(request)
        if isinstance(reply, Silence):
            self._keep_silent(reply)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut_at])
        self.wfile.flush()
        if reply.cut_at is not None:
            self.close_connection = True

    def _keep_silent(self, silence: Silence) -> None:
        """Close without an answer, at once or when the client has given up."""
        self.close_connection = True
        while silence.is_held and not self._is_client_gone():
            if self.server.stopping.wait(LOOK_SECONDS):
                return

    def _is_client_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
