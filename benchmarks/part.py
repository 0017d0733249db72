"""One benchmark on empty tables: `python -m benchmarks.part NAME FOLDER [POSTGRES]`, as `benchmarks` starts it.

The environment must stand before the settings are read, so nothing of Django is imported above `main`.
"""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from cryptography.fernet import Fernet

from config.demo.__main__ import free_port, set_environment

ON_THE_STAGE_OF_THE_DEMO = {"pages"}


def main(name: str, folder: str, server: str = "") -> None:
    with database_on(server) as url:
        prepare(name, folder, url)
        with Path(folder, "findings").open("a") as file:
            for found in import_module(f"benchmarks.{name}").measure():
                print(found, flush=True)
                row = {"what": found.what, "against": found.against, "ratio": f"{found.ratio:.2f}"}
                file.write(json.dumps(row) + "\n")
                file.flush()


@contextmanager
def database_on(server: str) -> Iterator[str]:
    """The address of an empty database of our own on this PostgreSQL, which is gone afterwards; "" for no server."""
    if not server:
        yield ""
        return
    import psycopg

    name = f"dialer_benchmark_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def prepare(name: str, folder: str, database_url: str) -> None:
    """The project's own settings, SQLite as it is in real life, with empty tables."""
    if name in ON_THE_STAGE_OF_THE_DEMO:
        set_environment(Path(folder), free_port())
    else:
        set_usual_environment(folder)
    if database_url:
        os.environ["DATABASE_URL"] = database_url
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def set_usual_environment(folder: str) -> None:
    for name in ("DATABASE_URL", "DEBUG", "TRUSTED_PROXIES", "ALLOWED_HOSTS"):
        os.environ.pop(name, None)
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DIALER_ENV_FILE": "",
            "DATA_DIR": folder,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FIELD_KEYS": Fernet.generate_key().decode(),
            "PUBLIC_URL": "http://127.0.0.1:8000",
            "CARRIER_PRIVATE_ADDRESSES": "true",  # the sandbox lives on this machine
            "LOG_LEVEL": "ERROR",
        }
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
