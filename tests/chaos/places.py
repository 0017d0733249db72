"""Where a process may be killed: the only table here that knows names inside the code under test.

`arm` makes the process that calls it kill itself by SIGKILL when it comes to a place for the n-th time. The code under
test has no hooks for that: in this one process the function at the place is wrapped. A name that no longer exists
fails loudly, and a test visits each place, so the table can't go stale.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

BEFORE, AFTER = "before", "after"

_COMMIT = "django.db.backends.base.base.BaseDatabaseWrapper.commit"
_STATEMENT = "django.db.backends.utils.CursorWrapper.execute"
_CONNECTED = "dialer.carriers.connection.Line.open_socket"
_SEND = "http.client.HTTPConnection.send"
_ANSWER = "http.client.HTTPConnection.getresponse"
_POST = "dialer.carriers.http.Wire.post_form"
_POST_JSON = "dialer.carriers.http.Wire.post_json"
_TALK, _REPEAT = "dialer.flow.dispatch._talk", "dialer.flow.repeating._talk"
_CLAIM = "dialer.flow.state.claim"
_ADVANCE = "dialer.flow.state.advance"
_SYNC = "os.fsync"
_REPLACE = "os.replace"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Before or after a function; only for calls about this model or purpose, only inside another function."""

    moment: str
    function: str
    about: str = ""
    inside: str = ""


def _around(name: str, function: str, about: str = "", inside: str = "") -> dict[str, Place]:
    return {
        f"{moment} {name}": Place(moment=moment, function=function, about=about, inside=inside)
        for moment in (BEFORE, AFTER)
    }


WORK = {
    **_around("the upload is stored", "dialer.models.ContactList.save"),
    **_around("the column is confirmed", "dialer.flow.intake.confirm"),
    **_around("a list is claimed", _CLAIM, about="ContactList"),
    **_around("a thousand rows are committed", _COMMIT, inside="dialer.flow.intake._store"),
    **_around("a list is noted as read", _ADVANCE, about="ContactList"),
    **_around("the launch is committed", _COMMIT, inside="dialer.flow.lifecycle.launch"),
    **_around("a ring is sent", "dialer.tasks._send"),
    **_around("a ring is committed", _COMMIT, inside="dialer.tasks._ring_now"),
    **_around("a batch is committed", _COMMIT, inside="dialer.flow.batching.fill"),
    **_around("a batch is claimed", _CLAIM, about="Batch"),
    **_around("the launch is connected", _CONNECTED, inside=_TALK),
    **_around("the head of the launch is sent", _SEND, inside=_TALK),
    **_around("the answer to the launch", _ANSWER, inside=_TALK),
    **_around("the launch is posted", _POST, about="launch"),
    **_around("the answer is noted", _ADVANCE, about="Batch"),
    **_around("a callback is applied", _COMMIT, inside="dialer.flow.ledger.apply"),
    **_around("the login is posted", _POST, about="login"),
    **_around("the token is kept", "dialer.flow.connect.AccountToken._keep"),
    **_around("bills are posted", _POST, about="bills"),
    **_around("bills are committed", _COMMIT, inside="dialer.flow.ledger._read_window"),
    **_around("the window of bills is noted", "dialer.flow.ledger._note_window"),
    **_around("batches are settled", "dialer.flow.lifecycle._settle_batches"),
    **_around("campaigns are finished", "dialer.flow.lifecycle._finish_campaigns"),
    **_around("recordings are enrolled", _COMMIT, inside="recordings.archive.enrol"),
    **_around("a recording is claimed", _CLAIM, about="Recording"),
    **_around("the link is posted", _POST, about="recording link"),
    **_around("the recording is written", "recordings.disk.write_part"),
    **_around("the recording is synced", _SYNC, inside="recordings.disk.write_part"),
    **_around("the recording is checked", "recordings.archive._checked"),
    **_around("the recording is renamed", _REPLACE, inside="recordings.disk.finish"),
    **_around("the recording is noted", _ADVANCE, about="Recording"),
}
# At a carrier of signed JSON that refuses repeats; the last ones only happen after an unclear answer.
SIGNED = {
    **_around("the signed launch is posted", _POST_JSON, about="launch"),
    **_around("records are posted", _POST_JSON, about="bills"),
    **_around("calls are adopted", "dialer.flow.ledger.adopt"),
}
REPEATS = {
    **_around("a batch is looked up", "dialer.flow.repeating._look_up"),
    **_around("the repeat is connected", _CONNECTED, inside=_REPEAT),
    **_around("the answer to the repeat", _ANSWER, inside=_REPEAT),
    **_around("the repeat is noted", "dialer.flow.repeating._note"),
}
WEB = {
    **_around("a callback is stored", _COMMIT, inside="dialer.flow.ledger.receive"),
    **_around("a callback is received", "dialer.flow.ledger.receive"),
    **_around("a callback is answered", "dialer.flow.ledger.answer"),
}
# Anywhere at all: these know nothing of the code under test, so what is new there is struck too.
ANYWHERE = {
    **_around("a statement", _STATEMENT),
    **_around("a commit", _COMMIT),
    **_around("a connection", _CONNECTED),
    **_around("an answer", _ANSWER),
}
# From the claim to the note: what is done wrong here calls people twice.
PERILOUS = (
    "after a batch is claimed",
    "after the launch is connected",
    "after the head of the launch is sent",
    "before the answer to the launch",
    "after the answer to the launch",
    "after the launch is posted",
    "after the signed launch is posted",
    "before the answer is noted",
    "after the answer to the repeat",
    "before the repeat is noted",
)
# Of one carrier only: tokens, forms.
OF_FORMS = tuple(name for name, place in WORK.items() if place.function == _POST or "token" in name)
PLACES = WORK | SIGNED | REPEATS | WEB | ANYWHERE


def arm(name: str, *, nth: int, is_frozen: bool, deaths: Path) -> None:
    """This process dies, or freezes, when it comes to the place for the n-th time, and writes its name down before."""
    place = PLACES[name]
    trap = _Trap(name=name, nth=nth, signal=signal.SIGSTOP if is_frozen else signal.SIGKILL, deaths=deaths)
    if place.inside:
        _wrap(place.inside, trap.entered)
    _wrap(place.function, lambda inner: trap.around(inner, place))


class _Trap:
    def __init__(self, *, name: str, nth: int, signal: signal.Signals, deaths: Path) -> None:
        self._name, self._left, self._signal, self._deaths = name, nth, signal, deaths
        self._lock = threading.Lock()
        self._inside = threading.local()

    def entered(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """Know when this function is under way in this thread."""

        @wraps(inner)
        def outer(*args: Any, **kwargs: Any) -> Any:
            self._inside.depth = self._depth + 1
            try:
                return inner(*args, **kwargs)
            finally:
                self._inside.depth -= 1

        return outer

    def around(self, inner: Callable[..., Any], place: Place) -> Callable[..., Any]:
        @wraps(inner)
        def outer(*args: Any, **kwargs: Any) -> Any:
            is_meant = (not place.inside or self._depth) and (not place.about or _is_about(place.about, args, kwargs))
            if is_meant and place.moment == BEFORE:
                self._step()
            answer = inner(*args, **kwargs)
            if is_meant and place.moment == AFTER:
                self._step()
            return answer

        return outer

    @property
    def _depth(self) -> int:
        return getattr(self._inside, "depth", 0)

    def _step(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                with self._deaths.open("a") as file:
                    file.write(f"{self._name}\n")
                os.kill(os.getpid(), self._signal)


def _is_about(about: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether one of the arguments is a row or a query of this model, or this text."""
    for value in (*args, *kwargs.values()):
        if value == about or about in (type(value).__name__, getattr(getattr(value, "model", None), "__name__", "")):
            return True
    return False


def _wrap(path: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put the wrapper around the function of a module, or the method of a class."""
    owner_path, _, name = path.rpartition(".")
    owner = __import__(owner_path) if "." not in owner_path else _owner(owner_path)
    setattr(owner, name, wrapper(getattr(owner, name)))


def _owner(path: str) -> Any:
    """A module, or a class of one."""
    try:
        return import_string(path)
    except ImportError:
        return __import__(path, fromlist=["_"])
