"""Files for browsers: a player must be able to jump to the middle of a recording.

Django's FileResponse does not know the Range header, and without it a browser's player cannot seek. Sources of
the rules: RFC 9110, sections 13 (conditions) and 14 (ranges), and RFC 6266 (names of downloads).
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag


def file_response(
    request: HttpRequest,
    path_or_file: Path | IO[bytes],
    *,
    content_type: str,
    filename: str,
    as_attachment: bool = False,
    etag: str = "",
) -> HttpResponseBase:
    """Answer `request` with a file, or with the one part of it that the Range header asks for.

    200 with the whole file, 206 with the part, 416 if the part lies outside; with an `etag` (any text that changes
    when the file's bytes change) also 304 and 412, as the request's conditions demand. Several ranges at once get
    the whole file, which the RFC allows. HEAD gets the headers of the whole file.

    An open file must be seekable. It is streamed, never held in memory, and closed with the response; whoever may
    read it, and for how long a browser may keep it, is the caller's to say. Raises FileNotFoundError for a path
    without a file.
    """
    file = path_or_file.open("rb") if isinstance(path_or_file, Path) else path_or_file
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    tag = quote_etag(etag) if etag else ""
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag) if tag else None
    if response is None:
        wanted = _wanted_part(request, size_bytes, tag)
        if wanted is None:
            response = _whole(request, file, size_bytes, content_type)
        elif wanted.length_bytes == 0:
            response = _unsatisfiable(size_bytes)
        else:
            response = _partial(file, wanted, size_bytes, content_type)
        response["Accept-Ranges"] = "bytes"
        response["X-Content-Type-Options"] = "nosniff"
        if disposition := content_disposition_header(as_attachment, _safe(filename)):
            response["Content-Disposition"] = disposition
    if tag:
        response["ETag"] = tag
    if not response.streaming:
        file.close()
    return response


_CHUNK_BYTES = 64 * 1024
# At most 18 digits: more is no file's length, and Python refuses to read numbers of thousands of digits.
_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Bytes of a file, from `start`; none means that the wish lies outside the file."""

    start: int
    length_bytes: int


class _PartReader:
    """A file's part as something to read and close. It has no `fileno`, so no server sends the whole file by it."""

    def __init__(self, file: IO[bytes], part: _Part) -> None:
        file.seek(part.start)
        self._file = file
        self._left_bytes = part.length_bytes

    def read(self, size: int) -> bytes:
        chunk = self._file.read(min(size, self._left_bytes))
        self._left_bytes -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()


class _StreamedFile(FileResponse):
    block_size = _CHUNK_BYTES


def _wanted_part(request: HttpRequest, size_bytes: int, tag: str) -> _Part | None:
    """The part that the request asks for; None means the whole file."""
    found = _ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or found is None or not _is_same_file(request, tag):
        return None
    first, last = found.groups()
    if first == "" and last == "":
        return None
    if first == "":
        start, end = max(0, size_bytes - int(last)), size_bytes
    else:
        start, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return None
    return _Part(start=start, length_bytes=max(0, end - start))


def _is_same_file(request: HttpRequest, tag: str) -> bool:
    """If-Range: parts of two versions of a file must not be put together. We give no dates, so only a tag counts."""
    condition = request.headers.get("If-Range", "").strip()
    return not condition or (condition == tag and not tag.startswith("W/"))


def _whole(request: HttpRequest, file: IO[bytes], size_bytes: int, content_type: str) -> HttpResponseBase:
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(content_type=content_type)
    else:
        response = _StreamedFile(file, content_type=content_type)
    response["Content-Length"] = str(size_bytes)
    return response


def _partial(file: IO[bytes], part: _Part, size_bytes: int, content_type: str) -> HttpResponseBase:
    response = _StreamedFile(_PartReader(file, part), status=206, content_type=content_type)
    response["Content-Length"] = str(part.length_bytes)
    response["Content-Range"] = f"bytes {part.start}-{part.start + part.length_bytes - 1}/{size_bytes}"
    return response


def _unsatisfiable(size_bytes: int) -> HttpResponseBase:
    return HttpResponse(status=416, content_type="text/plain", headers={"Content-Range": f"bytes */{size_bytes}"})


def _safe(filename: str) -> str:
    """No folders, no line ends, none of the invisible signs that turn "gpj.exe" into "exe.jpg" on screen."""
    return "".join("_" if sign in "/\\" or not sign.isprintable() else sign for sign in filename) or "file"
