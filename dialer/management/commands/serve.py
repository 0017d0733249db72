"""`manage.py serve`: the web server and the queues as one command."""

import logging
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse
from gunicorn.util import parse_address

from config.schedules import DEFAULT_QUEUE
from dialer import supervisor, tasks
from dialer.first_administrator import ensure_first_administrator
from dialer.health import heartbeat_ages
from dialer.models import Account
from dialer.schedule_sync import sync_schedules

WEB_PROCESSES = 2  # one goes on answering while the other starts again
WEB_TIMEOUT_SECONDS = 60  # for a web process that does not move at all, not for a slow upload
DATABASE_PATIENCE_SECONDS = 30  # machines that start together: the database may be the slower one
GRACE_SECONDS = 90  # > the 60 s that a task may take: nothing that is being sent is cut off

logger = logging.getLogger("dialer.serve")


class Command(BaseCommand):
    help = "Runs the console and the queues until Ctrl-C or SIGTERM, and restarts what fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--without-web", action="store_true", help="Queues only, for a further machine.")
        parser.add_argument(
            "--only-queue",
            action="append",
            choices=settings.QUEUES,
            help="This queue and nothing else, for a further machine. May be given more than once.",
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=GRACE_SECONDS,
            metavar="SECONDS",
            help="How long a program may take to stop before it is killed (default: %(default)s).",
        )
        parser.add_argument(
            "--late",
            type=float,
            default=settings.HEARTBEAT_LATE_SECONDS,
            metavar="SECONDS",
            help="Restart a queue that has not worked for so long (default: %(default)s).",
        )

    def handle(self, *, without_web: bool, only_queue: list[str] | None, grace: float, late: float, **_: Any) -> None:
        if sys.platform != "linux":
            raise CommandError("serve runs on Linux only.")
        is_web = not (without_web or only_queue)
        queues = only_queue or list(settings.QUEUES)
        lock = lock_file()
        try:
            with supervisor.only_supervisor(lock):
                supervisor.end_leftovers(str(lock), patience_seconds=grace, say=logger.warning)
                self._prepare(queues, is_web=is_web)
                self._supervise(queues, is_web=is_web, grace=grace, late=late)
        except supervisor.AlreadyRunning as error:
            raise CommandError(f"Dialer is already served from {settings.DATA_DIR}, by {error}.") from error
        except KeyboardInterrupt:
            self._tell("Stopped before anything was started.")  # from then on signals are waited for

    def _prepare(self, queues: list[str], *, is_web: bool) -> None:
        """Everything that would otherwise fail later and again and again is asked here, once."""
        wait_for_database()
        require_migrations()
        require_field_keys()
        sync_schedules()
        if is_web:
            require_static_files()
            require_catalogues()
            require_free_address()
            ensure_first_administrator(self._tell)
        for queue in queues:
            tasks.ring_for_sweep(queue)

    def _supervise(self, queues: list[str], *, is_web: bool, grace: float, late: float) -> None:
        programs = [queue_program(queue) for queue in queues]
        announcement = _Announcement(self._tell)
        if is_web:
            programs.insert(0, web_program())
        supervisor.Supervisor(
            programs=programs,
            grace_seconds=grace,
            late=timedelta(seconds=late),
            heartbeat_ages=known_heartbeat_ages,
            say=logger.info,
            each_turn=announcement.once_it_answers if is_web else lambda: None,
        ).run()

    def _tell(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def lock_file() -> Path:
    """SQLite allows one machine; with a server as database machines may share the folder, each with its own lock."""
    is_one_machine = connection.vendor == "sqlite"
    return settings.DATA_DIR.resolve() / ("serve.lock" if is_one_machine else f"serve-{socket.gethostname()}.lock")


def wait_for_database() -> None:
    """Return as soon as the database answers, else raise CommandError."""
    until = monotonic() + DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError as error:
            if monotonic() > until:
                raise CommandError(f"The database does not answer: {error}") from error
        sleep(1)


def require_migrations() -> None:
    """Raise CommandError unless the tables are those of this version."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise CommandError(f"The database lacks {len(plan)} migrations. Run: python manage.py migrate")


def require_field_keys() -> None:
    """Raise CommandError if a stored credential can't be read: nothing would work, and nothing would say so."""
    try:
        list(Account.objects.all())  # a handful, and each is decrypted
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error


def require_static_files() -> None:
    """Raise CommandError if pages would fail for want of the collected files."""
    if isinstance(staticfiles_storage, ManifestFilesMixin) and staticfiles_storage.read_manifest() is None:
        raise CommandError("The static files are not collected. Run: python manage.py collectstatic --no-input")


def require_catalogues() -> None:
    """Raise CommandError if the console would speak English, or old sentences, to whoever chose another language."""
    for source in (source for folder in settings.LOCALE_PATHS for source in Path(folder).glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
            raise CommandError("The translations are not compiled. Run: python -m config.catalogues")


def require_free_address() -> None:
    """Raise CommandError if the web server could not listen, which it would try again for ever."""
    family, address = web_address()
    if family == socket.AF_UNIX:
        return  # a socket file that is left over is replaced
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CommandError(
                f"The console can't listen at {settings.WEB_ADDRESS}: {error.strerror}. "
                "Stop what uses it, or set WEB_ADDRESS."
            ) from error


def web_address() -> tuple[socket.AddressFamily, Any]:
    """WEB_ADDRESS as the web server reads it. Raises CommandError if it is none."""
    try:
        address = parse_address(settings.WEB_ADDRESS)
    except RuntimeError as error:
        raise CommandError(f"WEB_ADDRESS is no address:port: {error}") from error
    if not isinstance(address, tuple):
        return socket.AF_UNIX, address
    return (socket.AF_INET6 if ":" in address[0] else socket.AF_INET), address


def web_program() -> supervisor.Program:
    memory = Path("/dev/shm")  # noqa: S108 - a heartbeat file must not wait for a disk
    is_memory_usable = memory.is_dir() and os.access(memory, os.W_OK)
    options = {
        "bind": settings.WEB_ADDRESS,
        "worker-class": "gthread",
        "workers": WEB_PROCESSES,
        "threads": settings.WEB_THREADS,
        "timeout": WEB_TIMEOUT_SECONDS,
        "keep-alive": 5,
        "worker-tmp-dir": memory if is_memory_usable else settings.DATA_DIR,
        "log-level": "warning",
    }
    if settings.TRUSTED_PROXIES:
        options["forwarded-allow-ips"] = ",".join(map(str, settings.TRUSTED_PROXIES))
    argv = [sys.executable, "-m", "gunicorn", "config.wsgi", "--chdir", settings.BASE_DIR, "--no-control-socket"]
    argv += [f"--{name}={value}" for name, value in options.items()]
    return supervisor.Program(name="web", argv=[str(part) for part in argv], environment=_environment())


def queue_program(queue: str) -> supervisor.Program:
    # django-q2 heeds the name of a queue in the environment only.
    name = {} if queue == DEFAULT_QUEUE else {"Q_CLUSTER_NAME": queue}
    return supervisor.Program(
        name=f"queue {queue}",
        argv=[sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"],
        environment=_environment() | name,
        queue=queue,
    )


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name != "Q_CLUSTER_NAME"}
    return ours | {supervisor.MARK: str(lock_file())}


def known_heartbeat_ages() -> Mapping[str, timedelta | None]:
    """Nothing when the database is away: that is no reason to restart a queue."""
    try:
        close_old_connections()
        return heartbeat_ages()
    except DatabaseError as error:
        logger.warning("the heartbeats can't be read: %s", type(error).__name__)
        return {}


class _Announcement:
    """Tells the console's address, once, when the web server answers there."""

    def __init__(self, tell: Any) -> None:
        self.tell = tell
        self.is_made = False

    def once_it_answers(self) -> None:
        if not self.is_made and web_answers():
            self.is_made = True
            self.tell(f"The console answers at {settings.PUBLIC_URL} (Ctrl-C stops it).")


def web_answers() -> bool:
    """Whether HTTP comes back from WEB_ADDRESS, whatever it says."""
    family, address = web_address()
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    if family != socket.AF_UNIX:
        address = (anywhere.get(address[0], address[0]), address[1])
    with suppress(OSError), closing(socket.socket(family)) as caller:
        caller.settimeout(1)
        caller.connect(address)
        caller.sendall(f"GET {reverse('admin:index')} HTTP/1.0\r\nHost: {settings.ALLOWED_HOSTS[0]}\r\n\r\n".encode())
        return caller.recv(5) == b"HTTP/"
    return False
