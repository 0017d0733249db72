"""What goes back over a connection: an answer, or a silence."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One HTTP answer. With `cut_at`, only so many bytes of the body are sent and the connection is closed.

    `batch_id` names the batch that this request made, for fates which wait for its first callback. `outcome` is a
    word or two for the page of newest requests.
    """

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    cut_at: int | None = None
    batch_id: int | None = None
    outcome: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """No answer: the connection is closed at once, or held until the client gives up."""

    is_held: bool


def json_reply(value: Any, *, status: int = 200, batch_id: int | None = None, outcome: str = "") -> Reply:
    return Reply(body=json.dumps(value).encode(), status=status, batch_id=batch_id, outcome=outcome)


def html_reply(page: str, *, status: int = 200) -> Reply:
    return Reply(body=page.encode(), status=status, content_type="text/html; charset=utf-8")
