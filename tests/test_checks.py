from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.checks import CheckMessage, run_checks

from config.schedules import Work
from dialer import checks


def found(check: Callable[[], Iterator[CheckMessage]]) -> list[str]:
    return [message.id for message in check()]


@pytest.fixture
def queue_setting(settings):
    """Change one setting of the queue; `long=True` changes the long queue's own."""

    def change(name, value, *, long=False):
        long_queue = dict(settings.Q_CLUSTER["ALT_CLUSTERS"]["long"]) | ({name: value} if long else {})
        default = dict(settings.Q_CLUSTER) | ({} if long else {name: value})
        settings.Q_CLUSTER = default | {"ALT_CLUSTERS": {"long": long_queue}}

    return change


def test_our_own_settings_are_without_complaint():
    assert [message for message in run_checks() if message.id and message.id.startswith("dialer.")] == []


@pytest.mark.parametrize(
    ("name", "value", "long", "complaint"),
    [
        ("timeout", 60.0, False, "dialer.E001"),
        ("timeout", None, True, "dialer.E001"),
        ("timeout", True, True, "dialer.E001"),
        ("retry", "300", False, "dialer.E001"),
        ("retry", 63 * 3, False, "dialer.E002"),  # waiting counts: (2 + 1) / 2 workers are two more turns
        ("queue_limit", 6, False, "dialer.E002"),
        ("workers", 1, True, "dialer.E002"),
        ("guard_cycle", 0.4, False, "dialer.E003"),  # 63 / 0.4 is 157.5: the countdown never is 0
        ("guard_cycle", 3, False, "dialer.E003"),
        ("guard_cycle", 0, False, "dialer.E003"),
        ("timeout", 300 + 1, True, None),
    ],
)
def test_times_under_which_tasks_run_twice_or_hang_are_refused(queue_setting, name, value, long, complaint):
    queue_setting(name, value, long=long)

    assert set(found(checks.timing)) == ({complaint} if complaint else set())


@pytest.mark.parametrize("cycle", [0.5, 1, 1.5, 2.25])
def test_guard_cycles_that_hit_the_end_exactly_are_taken(queue_setting, cycle):
    queue_setting("guard_cycle", cycle)
    queue_setting("timeout", 60, long=True)

    assert found(checks.timing) == []


@pytest.mark.parametrize(
    ("request_seconds", "budget", "lease", "complaints"),
    [
        (40, 15, 120, []),
        (60, 15, 120, ["dialer.E004"]),
        (40, 15, 60, ["dialer.E004"]),
        (0, 15, 120, ["dialer.E004"]),
        (45, 15, 120, ["dialer.E005"]),
        (40, 20, 120, ["dialer.E005"]),
    ],
)
def test_a_request_ends_before_its_task_and_the_task_before_its_lease(
    settings, request_seconds, budget, lease, complaints
):
    settings.HTTP_TOTAL_SECONDS, settings.TASK_BUDGET_SECONDS, settings.LEASE_SECONDS = request_seconds, budget, lease

    assert found(checks.chain_of_times) == complaints


def test_a_heartbeat_may_be_as_old_as_it_gets_in_health(settings):
    settings.HEARTBEAT_LATE_SECONDS = 150
    assert found(checks.chain_of_times) == ["dialer.E006"]

    settings.HEARTBEAT_LATE_SECONDS = 151
    assert found(checks.chain_of_times) == []


def test_a_queue_without_an_entry_can_not_start(settings):
    settings.Q_CLUSTER = dict(settings.Q_CLUSTER) | {"ALT_CLUSTERS": {}}

    assert found(checks.queue_options) == ["dialer.E007"]


@pytest.mark.parametrize(
    ("name", "value"), [("save_limit", 250), ("ack_failures", False), ("max_attempts", 0), ("catch_up", True)]
)
def test_defaults_that_hurt_are_refused_for_each_queue(queue_setting, name, value):
    queue_setting(name, value)
    assert found(checks.queue_options) == ["dialer.E008", "dialer.E008"]

    queue_setting(name, checks.WANTED[name][0])
    queue_setting(name, value, long=True)
    assert found(checks.queue_options) == ["dialer.E008"]


@pytest.mark.parametrize("cache", ["default", "nowhere"])
def test_a_status_that_only_its_own_process_sees_is_refused(queue_setting, cache):
    queue_setting("cache", cache)  # "default" is in memory

    assert found(checks.queue_options) == ["dialer.E009"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"CONN_MAX_AGE": 0}, "dialer.E010"),
        ({"OPTIONS": {"transaction_mode": "IMMEDIATE", "pool": True}}, "dialer.E011"),
        ({"OPTIONS": {}}, "dialer.E012"),
        ({"OPTIONS": {"transaction_mode": "DEFERRED"}}, "dialer.E012"),
        ({"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}, None),
        ({"CONN_MAX_AGE": None}, None),  # kept for ever
    ],
)
def test_databases_that_would_lose_or_lock_are_refused(settings, monkeypatch, change, complaint):
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "CONN_MAX_AGE": 600,
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
    monkeypatch.setitem(settings.DATABASES, "default", sqlite | change)

    assert found(checks.database_options) == ([complaint] if complaint else [])


@pytest.mark.parametrize(
    ("work", "complaint"),
    [
        (Work(function="dialer.no.such_module", queue="default"), "dialer.E013"),
        (Work(function="dialer.checks.no_such_function", queue="default"), "dialer.E013"),
        (Work(function="dialer.checks.WANTED", queue="default"), "dialer.E013"),
        (Work(function="dialer.checks.work", queue="quick"), "dialer.E014"),
        (Work(function="dialer.checks.work", queue="default", then=("nothing",)), "dialer.E015"),
        (Work(function="dialer.checks.work", queue="long", then=("this",)), None),
    ],
)
def test_work_that_nobody_could_do_is_refused(settings, work, complaint):
    settings.WORK = {"this": work}

    assert found(checks.work) == ([complaint] if complaint else [])


@pytest.mark.parametrize("keys", [[], [""], ["short"], [Fernet.generate_key().decode(), "x" * 44]])
def test_keys_that_encrypt_nothing_are_refused_and_not_repeated(settings, keys):
    settings.FIELD_KEYS = keys

    messages = list(checks.keys())

    assert [message.id for message in messages] == ["dialer.E016"]
    assert not any(key and key in str(message) for key in keys for message in messages)


def test_a_short_secret_is_refused(settings):
    settings.SECRET_KEY = "x" * 49

    assert found(checks.keys) == ["dialer.E017"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "dialer.example.com",
        "ftp://dialer.example.com",
        "https://",
        "https://dialer.example.com/console",
        "http://a@b",
    ],
)
def test_a_public_address_that_leads_nowhere_is_refused(settings, address):
    settings.PUBLIC_URL = address

    assert found(checks.places) == ["dialer.E018"]


def test_a_folder_that_can_not_be_written_is_refused(settings):
    settings.DATA_DIR = Path("/proc")  # not even root may write there

    assert found(checks.places) == ["dialer.E019"]


@pytest.mark.parametrize(
    ("address", "complaints"),
    [
        ("http://dialer.example.com", ["dialer.W020"]),
        ("http://192.0.2.7:8000", ["dialer.W020"]),
        ("https://dialer.example.com", []),
        ("http://127.0.0.1:8000", []),
        ("http://[::1]:8000", []),
        ("http://localhost", []),
    ],
)
def test_callbacks_over_plain_http_are_warned_of_before_deployment(settings, address, complaints):
    settings.PUBLIC_URL = address

    assert found(checks.callbacks_are_private) == complaints
    in_deployment = [message.id for message in run_checks(include_deployment_checks=True)]
    assert ("dialer.W020" in in_deployment) == bool(complaints)
