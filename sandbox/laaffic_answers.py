"""Laaffic's envelopes and codes: `code`/`msg` for group calls, `status`/`reason` for all else."""

from typing import Any

from sandbox.blame import OUTCOME as VIOLATION
from sandbox.replies import Reply, json_reply

AUTHENTICATION, IP_REFUSED, BALANCE_LOW, TIMESTAMP_EXPIRED = -1, -2, -10, -16
EXISTS, INVALID, PARAMETER, TOO_MUCH, MISSING = -20, -21, -22, -23, -24
NO_NUMBER, TOO_MANY_TASKS, TEXT_NEEDED, LANGUAGE_UNKNOWN = -35, -37, -38, -39
TASK_NAME_EXISTS, NO_TRIGGER, WRONG_TASK = -41, -53, -54
MESSAGES = {
    AUTHENTICATION: "authentication failed",
    IP_REFUSED: "source address is not allowed",
    BALANCE_LOW: "balance is too low",
    TIMESTAMP_EXPIRED: "timestamp has expired",
    -18: "system error",
    EXISTS: "exists already",
    INVALID: "validation failed",
    PARAMETER: "parameter is wrong",
    TOO_MUCH: "limit exceeded",
    MISSING: "does not exist",
    -26: "fee cannot be found",
    NO_NUMBER: "no number to call",
    TOO_MANY_TASKS: "too many tasks are calling",
    TEXT_NEEDED: "text and language are needed",
    LANGUAGE_UNKNOWN: "language is unknown",
    TASK_NAME_EXISTS: "task name exists already",
    -46: "no long text conversions left today",
    NO_TRIGGER: "text message has no trigger",
    WRONG_TASK: "task cannot be cancelled any more",
}


class Refused(Exception):
    """Not done, and nobody is to blame. `reason` is what the state counts, the code unless given."""

    def __init__(self, code: int, *, reason: str = "") -> None:
        self.code = code
        self.reason = reason or str(code)
        super().__init__(MESSAGES.get(code, "refused as ordered"))


class Violation(ValueError):
    """The client broke a rule of the pages; the message is a sentence that names the rule."""

    def __init__(self, sentence: str, *, code: int = INVALID) -> None:
        self.code = code
        super().__init__(sentence)


class Envelopes:
    """Writes answers. `zero` says whether codes go as text or as numbers: the pages show both."""

    def __init__(self, *, service: str, zero: str) -> None:
        is_group_call = service.startswith("voice/group/call/")
        self._code, self._message = ("code", "msg") if is_group_call else ("status", "reason")
        self._zero = zero

    def success(self, *, batch_id: int | None = None, beside: dict[str, Any] | None = None, data: Any = None) -> Reply:
        """`beside` stands at the top level instead of `data`."""
        content = beside if beside is not None else {"data": data}
        return json_reply(self._head(0, "success") | content, batch_id=batch_id, outcome="done")

    def refusal(self, refused: Refused) -> Reply:
        return json_reply(self._head(refused.code, str(refused)) | {"data": None}, outcome=f"refused {refused.code}")

    def violation(self, violation: Violation) -> Reply:
        message = f"{MESSAGES[violation.code]}: {violation}"
        return json_reply(self._head(violation.code, message) | {"data": None}, outcome=VIOLATION)

    def _head(self, code: int, message: str) -> dict[str, Any]:
        return {self._code: str(code) if self._zero == "text" else code, self._message: message}
