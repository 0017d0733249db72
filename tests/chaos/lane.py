"""One process that plays schedules one after another, each on a fresh copy of an empty database."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.outcome import Played

POSTGRES_ADDRESS = ("127.0.0.1", 5432)
POSTGRES = "postgres://postgres@{}:{}".format(*POSTGRES_ADDRESS)


def migrated_sqlite(folder: Path) -> str:
    """The address of an empty database with all tables, to be copied."""
    return f"sqlite:///{folder / 'template.sqlite3'}"


class Lane:
    """A database and a nursery of its own.

    Made before Django is loaded in this process, for it decides the settings.
    """

    def __init__(self, folder: Path, *, template: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._renew: Callable[[], None]
        if template.startswith("sqlite"):
            path = folder / "db.sqlite3"
            self.address = f"sqlite:///{path}"
            self._renew = lambda: _copy_sqlite(Path(template.removeprefix("sqlite:///")), path)
        else:
            name = f"{urlsplit(template).path[1:]}_{os.getpid()}"
            self.address = f"{POSTGRES}/{name}"
            self._renew = lambda: _copy_postgres(urlsplit(template).path[1:], name)
        environment = {"DATABASE_URL": self.address, "DATA_DIR": str(folder)}
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="tests.chaos.settings")

        import django

        django.setup()
        from tests.chaos.nursery import Nursery

        self._nursery = Nursery(environment=environment, log=folder / "log")

    def play(self, seed: int) -> Played:
        """Play the schedule of this seed. What a broken promise leaves behind is kept for a look, the rest is not."""
        from django.db import connections
        from django.test import override_settings

        from tests.chaos.play import play
        from tests.chaos.schedule import random_schedule

        connections.close_all()
        self._renew()
        folder = self.folder / f"seed-{seed}"
        with override_settings(MEDIA_ROOT=folder / "media"):
            played = play(random_schedule(seed), nursery=self._nursery, folder=folder)
        connections.close_all()
        if played.verdict.problems:
            with suppress(OSError):
                shutil.copy(self.folder / "db.sqlite3", folder)
        else:
            shutil.rmtree(folder)
        return played


_lane: Lane  # of this process


def open_lane(folder: Path, template: str) -> None:
    """Make this process a lane."""
    global _lane
    _lane = Lane(folder / f"lane-{os.getpid()}", template=template)


def play(seed: int) -> Played:
    return _lane.play(seed)


def _copy_sqlite(template: Path, path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(template, path)


def seal(template: Path) -> None:
    """All of the database is in its one file."""
    with closing(sqlite3.connect(template)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_postgres(template: str, name: str) -> None:
    drop_postgres(name)
    on_postgres(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop_postgres(name: str) -> None:
    on_postgres(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def drop_postgres_with_copies(template: str) -> None:
    """The template is gone, and so are the databases that lanes copied from it."""
    for (name,) in on_postgres(f"SELECT datname FROM pg_database WHERE datname LIKE '{template}\\_%'"):  # noqa: S608
        drop_postgres(name)
    drop_postgres(template)


def on_postgres(statement: str) -> list[tuple[str]]:
    """The rows of the answer, if it has any."""
    import psycopg

    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        answer = connection.execute(statement)
        return answer.fetchall() if answer.description else []
