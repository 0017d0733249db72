"""`manage.py serve` as operators and machines treat it: started, killed in parts, stopped, killed whole."""

import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Collection
from contextlib import closing, suppress
from datetime import timedelta
from time import monotonic
from urllib.request import urlopen

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from config.schedules import DEFAULT_QUEUE, LONG_QUEUE
from dialer import supervisor, tasks
from dialer.first_administrator import HOW_TO, ensure_first_administrator
from dialer.health import heartbeat_ages
from dialer.management.commands import serve
from dialer.models import Heartbeat
from tests import cluster
from tests.factories import make_account

GOOD_PASSWORD = "seven tall giraffes"
QUEUE_PARTS = 6  # main, guard, two workers, monitor, pusher
WEB_PARTS = 3  # main, two web processes


def test_the_lock_names_its_holder_and_ends_with_it(tmp_path):
    lock = tmp_path / "serve.lock"

    with supervisor.only_supervisor(lock):
        second = supervisor.only_supervisor(lock)
        with pytest.raises(supervisor.AlreadyRunning, match=f"process {os.getpid()} on"):
            second.__enter__()

    with supervisor.only_supervisor(lock):
        pass


def test_each_queue_is_told_its_name_by_the_environment_and_the_web_is_told_none(monkeypatch):
    monkeypatch.setenv("Q_CLUSTER_NAME", "long")

    assert "Q_CLUSTER_NAME" not in serve.queue_program(DEFAULT_QUEUE).environment
    assert serve.queue_program(LONG_QUEUE).environment["Q_CLUSTER_NAME"] == "long"
    assert "Q_CLUSTER_NAME" not in serve.web_program().environment


def test_the_web_server_believes_only_the_proxies_that_are_trusted(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "192.0.2.7"]

    assert "--forwarded-allow-ips=10.0.0.0/8,192.0.2.7" in serve.web_program().argv


def test_an_address_in_use_is_told_before_anything_starts(settings):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        settings.WEB_ADDRESS = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(CommandError, match="Address already in use"):
            serve.require_free_address()


@pytest.mark.parametrize(
    ("written", "family", "address"),
    [
        ("127.0.0.1:8000", socket.AF_INET, ("127.0.0.1", 8000)),
        ("[::1]:8000", socket.AF_INET6, ("::1", 8000)),
        ("unix:/run/dialer.sock", socket.AF_UNIX, "/run/dialer.sock"),
    ],
)
def test_the_address_is_read_as_the_web_server_reads_it(settings, written, family, address):
    settings.WEB_ADDRESS = written

    assert serve.web_address() == (family, address)


@pytest.mark.django_db
def test_missing_migrations_are_told_with_the_remedy():
    serve.require_migrations()
    [newest] = MigrationLoader(connection).graph.leaf_nodes("dialer")
    MigrationRecorder(connection).record_unapplied(*newest)

    with pytest.raises(CommandError, match="lacks 1 migrations"):
        serve.require_migrations()


@pytest.mark.django_db
def test_keys_that_do_not_open_the_stored_credentials_are_told_before_anything_starts(settings):
    make_account()
    serve.require_field_keys()
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match="FIELD_KEYS lacks the key"):
        serve.require_field_keys()


def test_missing_static_files_are_told_with_the_remedy(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    with pytest.raises(CommandError, match="collectstatic"):
        serve.require_static_files()

    (tmp_path / "staticfiles.json").write_text('{"version": "1.1", "paths": {}, "hash": ""}')
    settings.STORAGES = dict(settings.STORAGES)  # the storage reads its list of files once

    serve.require_static_files()


def test_translations_that_are_not_compiled_are_told_with_the_remedy(settings, tmp_path):
    source = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.touch()
    settings.LOCALE_PATHS = [tmp_path]
    with pytest.raises(CommandError, match="not compiled"):
        serve.require_catalogues()

    source.with_suffix(".mo").touch()

    serve.require_catalogues()


def test_a_database_that_is_away_condemns_no_queue(monkeypatch, caplog):
    def fail():
        raise connections["default"].Database.OperationalError("no such host")

    monkeypatch.setattr(serve, "heartbeat_ages", lambda: connections["default"].wrap_database_errors(fail)())

    assert serve.known_heartbeat_ages() == {}
    assert "can't be read: OperationalError" in caplog.text


@pytest.mark.django_db
def test_the_first_administrator_comes_from_the_environment_and_only_the_first(monkeypatch):
    monkeypatch.setenv("ADMIN_USERNAME", "ada")
    monkeypatch.setenv("ADMIN_PASSWORD", GOOD_PASSWORD)
    said = []

    ensure_first_administrator(said.append)
    monkeypatch.setenv("ADMIN_USERNAME", "eve")
    ensure_first_administrator(said.append)

    assert list(User.objects.values_list("username", "is_superuser")) == [("ada", True)]
    assert User.objects.get().check_password(GOOD_PASSWORD)
    assert len(said) == 1
    assert GOOD_PASSWORD not in said[0]


@pytest.mark.django_db
def test_a_weak_password_makes_no_administrator(monkeypatch):
    monkeypatch.setenv("ADMIN_USERNAME", "ada")
    monkeypatch.setenv("ADMIN_PASSWORD", "12345")

    with pytest.raises(CommandError, match="This password is too short"):
        ensure_first_administrator(print)

    assert not User.objects.exists()


@pytest.mark.django_db
def test_without_a_terminal_the_way_to_an_administrator_is_told(monkeypatch):
    monkeypatch.delenv("ADMIN_USERNAME", raising=False)
    said = []

    ensure_first_administrator(said.append)

    assert said == [HOW_TO]
    assert f"{sys.executable} manage.py createsuperuser" in HOW_TO  # the one that has everything installed


@pytest.mark.django_db
def test_health_is_bad_until_every_queue_has_worked_and_again_when_one_stops(client: Client):
    settings.STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of its absence

    def status():
        return client.get("/healthz").status_code

    assert status() == 503
    for queue in (DEFAULT_QUEUE, LONG_QUEUE):
        tasks.sweep(queue)
    assert status() == 200
    assert client.get("/healthz").json() == {"status": "ok"}

    Heartbeat.objects.filter(queue=LONG_QUEUE).update(at=timezone.now() - timedelta(seconds=300))
    assert status() == 503
    assert client.get("/healthz").json() == {"status": "failing"}


@pytest.mark.django_db
def test_the_age_of_a_heartbeat_counts_on_the_databases_clock():
    Heartbeat.objects.create(queue=LONG_QUEUE, at=timezone.now() - timedelta(seconds=100))

    ages = heartbeat_ages()

    assert timedelta(seconds=99) < ages[LONG_QUEUE] < timedelta(seconds=110)
    assert ages[DEFAULT_QUEUE] is None


# From here on real processes. Each start takes some seconds, so one test tells a whole story.


@pytest.fixture
def log(tmp_path):
    return tmp_path / "serve.log"


def works(queue: str, log) -> None:
    """A sweep that is rung for now goes the whole way through the queue."""
    Heartbeat.objects.filter(queue=queue).delete()
    tasks.ring_for_sweep(queue)
    cluster.eventually(lambda: Heartbeat.objects.filter(queue=queue).exists(), log=log)


def web_works(port: int) -> bool:
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/login/", timeout=5) as answer:
        return answer.status == 200
    return False


def mains(running: cluster.Running) -> dict[str, cluster.Process]:
    """The programs under the supervisor by name, as far as they run."""
    found = {}
    for process in running.children_of(running.popen.pid):
        queue = LONG_QUEUE if "Q_CLUSTER_NAME=long" in process.environment else DEFAULT_QUEUE
        found["web" if "gunicorn" in process.command else queue] = process
    return found


def is_whole(running: cluster.Running, names: Collection[str]) -> bool:
    """Every program runs with all its parts, and nothing else does."""
    expected = {"web": WEB_PARTS, DEFAULT_QUEUE: QUEUE_PARTS, LONG_QUEUE: QUEUE_PARTS}
    sessions = Counter(process.session for process in running.processes())
    own = {running.popen.pid: 1} | {main.pid: expected[name] for name, main in mains(running).items()}
    return mains(running).keys() == set(names) and sessions == own


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_serve_heals_what_is_killed_and_stops_cleanly(log, tmp_path):
    port = cluster.free_port()
    everything = ("web", DEFAULT_QUEUE, LONG_QUEUE)
    with cluster.serve(log, port=port) as running:
        cluster.eventually(lambda: running.says("The console answers at http://testserver"), log=log)
        cluster.eventually(lambda: None not in heartbeat_ages().values(), log=log)  # a start sweeps at once
        cluster.eventually(lambda: is_whole(running, everything), log=log)
        assert web_works(port)
        assert running.says(HOW_TO)

        with cluster.serve(tmp_path / "second.log") as second:
            assert second.popen.wait(30) == 1
            assert second.says(f"Dialer is already served from {settings.DATA_DIR}, by process {running.popen.pid}")

        before = mains(running)
        before["web"].kill()
        before[DEFAULT_QUEUE].kill()
        guard_of_long = running.children_of(before[LONG_QUEUE].pid)[0]
        guard_of_long.kill()
        cluster.eventually(lambda: all(mains(running).get(name) not in (None, before[name]) for name in everything))
        cluster.eventually(lambda: is_whole(running, everything), log=log)
        works(DEFAULT_QUEUE, log)
        works(LONG_QUEUE, log)
        cluster.eventually(lambda: web_works(port), log=log)

        assert running.stop() == 0
        assert running.processes() == []


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_a_wedged_queue_is_noticed_by_its_missing_heartbeat(log):
    with cluster.serve(log, "--only-queue", DEFAULT_QUEUE, "--late", "6", "--grace", "3") as running:
        cluster.eventually(lambda: is_whole(running, [DEFAULT_QUEUE]), log=log)
        works(DEFAULT_QUEUE, log)
        cluster.eventually(lambda: not OrmQ.objects.exists(), log=log)  # nothing is under way any more
        main = mains(running)[DEFAULT_QUEUE]
        guard = running.children_of(main.pid)[0]
        worker, other_worker, monitor, _pusher = running.children_of(guard.pid)
        for part in (monitor, worker, other_worker):  # one of the idle workers dies with the queue's lock
            part.kill()
        tasks.ring_for_sweep(DEFAULT_QUEUE)
        rung = monotonic()

        cluster.eventually(lambda: running.says("queue default has shown no heartbeat for 6 s"), 30, log=log)
        assert heartbeat_ages()[DEFAULT_QUEUE].total_seconds() > monotonic() - rung  # nobody came to the door
        cluster.eventually(lambda: mains(running).get(DEFAULT_QUEUE) not in (None, main), log=log)
        works(DEFAULT_QUEUE, log)


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_nothing_outlives_a_killed_supervisor(log):
    everything = ("web", DEFAULT_QUEUE, LONG_QUEUE)
    with cluster.serve(log) as running:
        cluster.eventually(lambda: is_whole(running, everything), log=log)
        running.popen.kill()
        cluster.eventually(lambda: not running.processes(), log=log)


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
def test_what_hangs_after_a_killed_supervisor_is_ended_by_the_next(log, tmp_path):
    with cluster.serve(log, "--only-queue", LONG_QUEUE) as running:
        cluster.eventually(lambda: is_whole(running, [LONG_QUEUE]), log=log)
        hanging = mains(running)[LONG_QUEUE]
        os.kill(hanging.pid, signal.SIGSTOP)
        running.popen.kill()
        running.popen.wait()
        assert len(running.processes()) == QUEUE_PARTS

        with cluster.serve(tmp_path / "next.log", "--only-queue", LONG_QUEUE, "--grace", "1") as following:
            cluster.eventually(lambda: is_whole(following, [LONG_QUEUE]), log=following.log)
            assert running.processes() == []
            works(LONG_QUEUE, following.log)

            following.popen.send_signal(signal.SIGINT)
            assert following.popen.wait(cluster.STOP_SECONDS) == 0
