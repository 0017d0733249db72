"""The sandbox's memory on disk: one JSON line for each event, read again after a kill."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Journal:
    """An append-only file. What `write` has returned from survives SIGKILL of this process, not a power cut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def read(self) -> Iterator[Event]:
        """All whole events, oldest first. A last line cut by a kill is taken off the file."""
        lines = self._path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            self._file.truncate(sum(map(len, lines[:-1])))
            lines.pop()
        return map(json.loads, lines)

    def write(self, event: Event) -> None:
        self._file.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")

    def clear(self) -> None:
        self._file.truncate(0)

    def close(self) -> None:
        self._file.close()
