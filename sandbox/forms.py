"""Reads a request's form: multipart/form-data or application/x-www-form-urlencoded."""

from email import policy
from email.message import MIMEPart
from email.parser import BytesParser
from urllib.parse import parse_qsl


class FormError(ValueError):
    """The body is not the form that it says it is; the message is a sentence."""


def read_form(*, content_type: str, body: bytes) -> dict[str, str]:
    """Field names to texts, each once. Raises FormError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        pairs = _multipart(content_type, body)
    elif kind == "application/x-www-form-urlencoded":
        pairs = _urlencoded(body)
    else:
        raise FormError(f"form-data is expected, the content type is {content_type!r}")
    return _each_once(pairs)


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=100
        )
    except ValueError as error:
        raise FormError(f"the urlencoded form cannot be read: {error}") from error


def _multipart(content_type: str, body: bytes) -> list[tuple[str, str]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    if message.defects or not message.is_multipart():
        raise FormError("the multipart form cannot be read")
    return [_part(part) for part in message.iter_parts()]


def _part(part: MIMEPart) -> tuple[str, str]:
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise FormError("a part of the form has no name")
    if part.get_filename() is not None:
        raise FormError(f"{name} is sent as a file")
    try:
        return name, bytes(part.get_payload(decode=True) or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormError(f"{name} is not UTF-8") from error


def _each_once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    form = dict(pairs)
    if len(form) != len(pairs):
        raise FormError("a parameter is given more than once")
    return form
