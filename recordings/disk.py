"""Recordings on disk: written under a temporary name, made durable, and only then given their own."""

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

PART_KEPT_SECONDS = 3600  # > any lease: older ones were left by a kill


def part_path(name: str) -> Path:
    """Where a file lies while it is written. All of these are in one folder, so that leftovers are found."""
    return _parts_folder() / f"{name}.part"


def write_part(part: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    """The chunks are in the file and on disk; their SHA-256 and size in bytes.

    Raises OSError, also if the file exists, and whatever `chunks` raises.
    """
    digest, size_bytes = hashlib.sha256(), 0
    with open(part, "xb", opener=_private) as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size_bytes


def finish(part: Path, name: str) -> None:
    """The file has its name, relative to the media folder, also after a power cut. It replaces an older one."""
    target = Path(settings.MEDIA_ROOT) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    folder, root = target.parent, Path(settings.MEDIA_ROOT)
    _sync_folder(root)
    while folder != root:  # a new folder is lost at a power cut until its parent is on disk
        _sync_folder(folder)
        folder = folder.parent


def remove_part(part: Path) -> None:
    """Gone if it can be removed now; if not, it is swept later."""
    with suppress(OSError):
        part.unlink(missing_ok=True)


def sweep_parts() -> None:
    """What killed processes left behind is removed."""
    old = time.time() - PART_KEPT_SECONDS
    # No folder yet, or another process was faster: the next turn looks again.
    with suppress(OSError), os.scandir(_parts_folder()) as parts:
        for part in parts:
            if part.stat().st_mtime < old:
                os.unlink(part)


def make_room() -> None:
    """The folder for temporary files exists. Raises OSError."""
    _parts_folder().mkdir(parents=True, exist_ok=True)


def _parts_folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "recordings" / "unfinished"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, settings.FILE_UPLOAD_PERMISSIONS)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
