"""Where an imitated carrier pushes its callbacks to."""

import threading

LONGEST_WAIT_SECONDS = 20


class Inbox:
    """Takes pushes and lets a test wait for them."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []
        self.arrived = threading.Condition()

    def take(self, body: bytes) -> None:
        with self.arrived:
            self.bodies.append(body)
            self.arrived.notify_all()

    def wait_for(self, count: int) -> list[bytes]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= count, timeout=LONGEST_WAIT_SECONDS)
            return list(self.bodies)
