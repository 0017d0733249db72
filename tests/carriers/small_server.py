"""A server on loopback that says exactly the bytes a test wants, and remembers what it was asked."""

import socket
import ssl
import threading
from collections.abc import Callable

Talk = Callable[["Conversation"], None]
BACKLOG = 20


class Conversation:
    """One connection, after its request was read."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self.connection = connection
        self.stopping = stopping

    def say(self, content: bytes) -> None:
        self.connection.sendall(content)

    def keep_silent(self) -> None:
        """Hold the connection open until the server stops."""
        self.stopping.wait()

    def drip(self, content: bytes, *, every_seconds: float) -> None:
        """Say it byte by byte, then again from the start, until somebody has had enough."""
        while not self.stopping.is_set():
            for index in range(len(content)):
                self.connection.sendall(content[index : index + 1])
                if self.stopping.wait(every_seconds):
                    return

    def reset(self) -> None:
        """End the connection as a crashed host does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


class SmallServer:
    """Answers each connection by the next of `talks`; the last one goes on for ever."""

    def __init__(self, *talks: Talk, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._talks = list(talks)
        self._tls = tls
        self._stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.port = self._socket.getsockname()[1]
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        self._stopping.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            talk = self._talks.pop(0) if len(self._talks) > 1 else self._talks[0]
            thread = threading.Thread(target=self._serve, args=(connection, talk), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, talk: Talk) -> None:
        with connection:
            try:
                if self._tls is not None:
                    with self._tls.wrap_socket(connection, server_side=True) as secure:
                        self._converse(secure, talk)
                else:
                    self._converse(connection, talk)
            except OSError:
                return  # the client has had enough

    def _converse(self, connection: socket.socket, talk: Talk) -> None:
        self.requests.append(_read_request(connection))
        talk(Conversation(connection, self._stopping))


def answer(body: bytes, *, status: int = 200, headers: str = "Content-Type: application/json", cut_at: int = 0) -> Talk:
    """A whole answer, or its first `cut_at` bytes of body under the full length."""
    head = f"HTTP/1.1 {status} Whatever\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return lambda conversation: conversation.say(head + body[: cut_at or len(body)])


def _read_request(connection: socket.socket) -> bytes:
    """Head and body, as far as the client sends them."""
    content = b""
    while chunk := connection.recv(65536):
        content += chunk
        head, end, body = content.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            break
    return content


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
