"""System checks: wrong settings are refused at start, each with the sentence that helps.

The bounds of the queue's settings come from django-q2's source: its `retry` runs from the moment a message is
taken, also while it waits behind others, and its guard kills a task when a countdown is exactly 0.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from ipaddress import ip_address
from math import ceil
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from config.schedules import DEFAULT_QUEUE, SWEEP_MINUTES

GUARD_EXTRA_SECONDS = 3  # what django-q2 adds to a task's time-out before it kills the worker
STATUS_LIFE_SECONDS = 3  # how long a queue's written status counts
SECRET_KEY_LENGTH = 50
BLIND_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")
WANTED = {
    "save_limit": (-1, "storing each success makes the queue several times slower"),
    "ack_failures": (True, "a task that fails would be repeated without end"),
    "max_attempts": (1, "a task that fails would be repeated; the rows decide what is done again"),
    "catch_up": (False, "after a pause each missed sweep would be made up for"),
}


def _registered(*tags: str, **options: Any) -> Callable[[Callable[[], Iterator[CheckMessage]]], Any]:
    """Register a generator of messages as a check; it stays callable as it is."""

    def decorate(find: Callable[[], Iterator[CheckMessage]]) -> Callable[[], Iterator[CheckMessage]]:
        def check(app_configs: Any, **_: Any) -> list[CheckMessage]:
            return list(find())

        register(check, *tags, **options)
        return find

    return decorate


def _error(number: int, message: str, hint: str = "") -> Error:
    return Error(message, hint=hint or None, id=f"dialer.E{number:03}")


def _queues() -> dict[str, dict[str, Any]]:
    """The settings of each queue as django-q2 will see them."""
    base = settings.Q_CLUSTER
    alternatives = base.get("ALT_CLUSTERS", {})
    return {name: base | ({} if name == DEFAULT_QUEUE else alternatives.get(name, {})) for name in settings.QUEUES}


@_registered("queue")
def timing() -> Iterator[CheckMessage]:
    """Each queue's time-out is a whole number that the guard can hit, and nothing is repeated while it waits."""
    for name, queue in _queues().items():
        timeout, retry = queue.get("timeout"), queue.get("retry")
        if type(timeout) is not int or type(retry) is not int or timeout <= 0:
            yield _error(1, f"Queue “{name}”: timeout and retry must be whole numbers of seconds.")
            continue
        allowed = timeout + GUARD_EXTRA_SECONDS
        waiting = ceil((queue["queue_limit"] + queue["bulk"]) / queue["workers"])
        if retry <= allowed * (1 + waiting):
            yield _error(
                2,
                f"Queue “{name}”: retry {retry} s is too short, tasks that wait would run twice.",
                f"It must be more than {allowed * (1 + waiting)} s for these workers, queue_limit and bulk.",
            )
        cycle = Fraction(str(queue["guard_cycle"]))
        if not 0 < cycle < STATUS_LIFE_SECONDS or Fraction(allowed) % cycle:
            yield _error(
                3,
                f"Queue “{name}”: guard_cycle {queue['guard_cycle']} s would never end a task that hangs.",
                f"It must divide {allowed} s without a rest and be less than {STATUS_LIFE_SECONDS} s.",
            )


@_registered("queue")
def chain_of_times() -> Iterator[CheckMessage]:
    """Request < task < lease, so that nobody else takes a row while its holder may still be talking."""
    request, budget = settings.HTTP_TOTAL_SECONDS, settings.TASK_BUDGET_SECONDS
    timeout, lease = settings.Q_CLUSTER["timeout"], settings.LEASE_SECONDS
    if not 0 < request < timeout < lease:
        yield _error(
            4,
            f"HTTP_TOTAL_SECONDS {request} < the task's time-out {timeout} < LEASE_SECONDS {lease} does not hold.",
            "A batch could be taken for abandoned while it is being sent.",
        )
    elif budget + request >= timeout:
        yield _error(
            5, f"A tick of {budget} s whose last request takes {request} s is cut off by the time-out of {timeout} s."
        )
    longest = SWEEP_MINUTES * 60 + settings.SCHEDULER_SECONDS + timeout
    late = settings.HEARTBEAT_LATE_SECONDS
    if late <= longest:
        hint = f"A heartbeat may well be {longest} s old."
        yield _error(6, f"HEARTBEAT_LATE_SECONDS {late} would restart queues that work.", hint)


@_registered("queue")
def queue_options() -> Iterator[CheckMessage]:
    """The options whose defaults hurt, and a status that other processes can see."""
    alternatives = settings.Q_CLUSTER.get("ALT_CLUSTERS", {})
    for name in settings.QUEUES:
        if name != DEFAULT_QUEUE and name not in alternatives:
            yield _error(7, f"Q_CLUSTER has no ALT_CLUSTERS entry for the queue “{name}”, so it can't start.")
    for name, queue in _queues().items():
        for option, (wanted, why) in WANTED.items():
            if queue.get(option) != wanted:
                yield _error(8, f"Queue “{name}”: {option} must be {wanted}, or {why}.")
    cache = settings.CACHES.get(settings.Q_CLUSTER.get("cache", "default"), {})
    if cache.get("BACKEND", BLIND_CACHES[0]).endswith(BLIND_CACHES):
        yield _error(9, "The queue's cache is not shared between processes, so nobody sees the queue's status.")


@_registered("queue")
def database_options() -> Iterator[CheckMessage]:
    """What the queue and the claims rely on; asked of the settings, not of the database."""
    database = settings.DATABASES["default"]
    options = database.get("OPTIONS", {})
    if database.get("CONN_MAX_AGE", 0) == 0:
        yield _error(10, "CONN_MAX_AGE is 0: the queue would open a connection for each of its questions.")
    if options.get("pool"):
        yield _error(11, "A pool of connections is broken by the queue's processes, which inherit it.")
    if database["ENGINE"].endswith("sqlite3") and options.get("transaction_mode") != "IMMEDIATE":
        yield _error(12, "SQLite needs transaction_mode IMMEDIATE, or most transactions fail under load.")


@_registered("queue")
def work() -> Iterator[CheckMessage]:
    """Each kind of work has a function, a queue that is served, and rings only for kinds that exist."""
    for kind, item in settings.WORK.items():
        try:
            function = import_string(item.function)
        except ImportError as error:
            yield _error(13, f"Work “{kind}”: {item.function} can't be imported: {error}")
        else:
            if not callable(function):
                yield _error(13, f"Work “{kind}”: {item.function} is no function.")
        if item.queue not in settings.QUEUES:
            yield _error(14, f"Work “{kind}”: nobody serves the queue “{item.queue}”.")
        for follower in item.then:
            if follower not in settings.WORK:
                yield _error(15, f"Work “{kind}” rings for “{follower}”, which does not exist.")


@_registered(Tags.security)
def keys() -> Iterator[CheckMessage]:
    """Keys that protect something; they are never repeated in a message."""
    hint = "Make fresh ones: python -m config.keys"
    if not settings.FIELD_KEYS:
        yield _error(16, "FIELD_KEYS is empty: credentials could not be stored.", hint)
    for place, key in enumerate(settings.FIELD_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield _error(16, f"Key {place} of FIELD_KEYS is no Fernet key (32 bytes in url-safe base64).", hint)
    if len(settings.SECRET_KEY) < SECRET_KEY_LENGTH:
        yield _error(17, f"SECRET_KEY has fewer than {SECRET_KEY_LENGTH} characters.", hint)


@_registered()
def places() -> Iterator[CheckMessage]:
    """Where people and carriers find us, and where we keep things."""
    address = urlsplit(settings.PUBLIC_URL)
    is_plain = not (address.path or address.query or address.fragment or address.username)
    if address.scheme not in ("http", "https") or not address.hostname or not is_plain:
        yield _error(18, f"PUBLIC_URL “{settings.PUBLIC_URL}” is no address such as https://dialer.example.com.")
    try:
        TemporaryFile(dir=settings.DATA_DIR).close()  # rights alone don't tell of a disk that is read-only
    except OSError as error:
        yield _error(19, f"DATA_DIR {settings.DATA_DIR} can't be written: {error.strerror}.")


@_registered(Tags.security, deploy=True)
def callbacks_are_private() -> Iterator[CheckMessage]:
    """Carriers' callbacks hold people's numbers, and their secret stands in the address."""
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https" and not _is_loopback(address.hostname or ""):
        yield Warning(
            "Callbacks with people's numbers come over plain HTTP.",
            hint="Put a web server with HTTPS in front, and set PUBLIC_URL to its https:// address.",
            id="dialer.W020",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
