"""Run the benchmarks on a database, a folder and a sandbox carrier of their own: loopback only, a few minutes.

The environment must stand before the settings are read, so nothing of Django is imported above `main`.
"""

import argparse
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from cryptography.fernet import Fernet

BASE_DIR = Path(__file__).resolve().parent.parent
NAMES = ("import_rows", "intake", "dispatch", "ledger", "archive", "exports", "pages", "lists", "overview")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)}; all if none is given")
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    # Beside the real data, so that it is the real disk that has to keep what is written.
    home = BASE_DIR / "var"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="benchmarks-") as folder:
        prepare(folder)
        started = time.monotonic()
        print(" ratio  (1.00 is the bare baseline; more is slower)")
        for name in names:
            print(f"\n{name}")
            for ratio in measure(name):
                print(ratio, flush=True)
        print(f"\nAll of it took {time.monotonic() - started:.0f} s.")


def prepare(folder: str) -> None:
    """The project's own settings, SQLite as it is in real life, with empty tables."""
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
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def measure(name: str) -> Iterator[object]:
    """One benchmark on empty tables."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    yield from import_module(f"benchmarks.{name}").measure()


if __name__ == "__main__":
    main()
