"""Yunhu's envelopes and codes: three shapes of answer, from the API book's page of errors."""

import time
from typing import Any

from sandbox.replies import Reply, json_reply

BAD_REQUEST, SERVER_ERROR, TOKEN_INVALID, APPID_UNKNOWN = 400, 500, 600, 601
MESSAGES = {
    BAD_REQUEST: "Illegal request",
    SERVER_ERROR: "Server Error",
    TOKEN_INVALID: "The token is invalid, please log in again to verify",
    APPID_UNKNOWN: "appid is not authorized",
    602: "appid authorization has expired",
    603: "Module not licensed",
    604: "IP is not authorized",
}
OPERATION_FAILED, EXTENSION_EXCEPTION, FILE_MISSING = "1003", "1010", "1029"
FAILURES = {
    "1001": "Server connection failed",
    "1002": "Abnormal operation",
    OPERATION_FAILED: "operation failed",
    EXTENSION_EXCEPTION: "Extension exception",
    FILE_MISSING: "file does not exist",
}


class Refused(Exception):
    """A global error: `code` is one of MESSAGES."""

    def __init__(self, code: int, message: str = "") -> None:
        self.code = code
        self.message = message or MESSAGES.get(code, "unknown error")
        super().__init__(self.message)


class Failed(Exception):
    """The request was understood and could not be done: `code` is one of FAILURES."""

    def __init__(self, code: str, description: str) -> None:
        self.code = code
        self.description = description
        super().__init__(description)


def accepted(*, batch_id: int) -> Reply:
    """Envelope of the batch service, which has one of its own and gives no id."""
    now = int(time.time())
    data = {"desc": "Play command sent successfully", "reqtime": now, "rsptime": now}
    return json_reply({"code": 200, "msg": "successful request", "data": data}, batch_id=batch_id, outcome="accepted")


def success(description: str, result: dict[str, Any] | None = None, *, batch_id: int | None = None) -> Reply:
    """Envelope of the token services."""
    now = int(time.time())
    data: dict[str, Any] = {"status": 0, "desc": description, "reqtime": now, "rsptime": now}
    if result is not None:
        data["result"] = result
    return json_reply({"ret": 200, "data": data, "msg": ""}, batch_id=batch_id, outcome="done")


def failure(failed: Failed) -> Reply:
    """Understood but not done."""
    now = int(time.time())
    errors = {"code": failed.code, "codemsg": FAILURES.get(failed.code, failed.description)}
    data = {"status": 1, "desc": failed.description, "errors": errors, "reqtime": now, "rsptime": now}
    return json_reply({"ret": 200, "data": data, "msg": ""}, outcome=f"failed {failed.code}")


def refusal(refused: Refused, *, key: str) -> Reply:
    """Global error. `key` is `ret`, or `code` for the batch service."""
    return json_reply({key: refused.code, "data": [], "msg": refused.message}, outcome=f"refused {refused.code}")
