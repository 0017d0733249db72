"""Set the stage, then play. The environment must stand before the settings are read, so nothing of Django is
imported above `main`.
"""

import argparse
import os
import secrets
import shutil
import socket
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = BASE_DIR / "var" / "demo"
PREFERRED_PORT = 8000


def main() -> int:
    """Play the demo; 0 if everything added up."""
    parser = argparse.ArgumentParser(prog="python -m config.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop when the campaign has ended, with 1 if it went wrong")
    arguments = parser.parse_args()
    _fresh_folder()
    port = free_port()
    set_environment(DATA_DIR, port)

    import django

    django.setup()
    from config import catalogues
    from config.demo.story import play

    catalogues.compile_stale()
    return play(address=f"http://127.0.0.1:{port}", once=arguments.once)


def _fresh_folder() -> None:
    """Each demo starts from nothing; a running one is not touched."""
    lock = DATA_DIR / "serve.lock"
    if lock.exists() and _is_held(lock):
        sys.exit("A demo is running already. Stop it with Ctrl-C in its terminal, then start this one.")
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    DATA_DIR.mkdir(parents=True)


def _is_held(lock: Path) -> bool:
    import fcntl

    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def free_port() -> int:
    """The usual one if nobody has it."""
    for port in (PREFERRED_PORT, 0):
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    sys.exit("No port is free on this machine.")


def set_environment(folder: Path, port: int) -> None:
    """The stage of the demo: this folder is all that it has of its own."""
    from cryptography.fernet import Fernet

    for name in ("DATABASE_URL", "DEBUG", "TRUSTED_PROXIES", "ALLOWED_HOSTS", "DISPLAY_TIME_ZONE"):
        os.environ.pop(name, None)
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DIALER_ENV_FILE": "",
            "DATA_DIR": str(folder),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FIELD_KEYS": Fernet.generate_key().decode(),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "WEB_ADDRESS": f"127.0.0.1:{port}",
            "CARRIER_PRIVATE_ADDRESSES": "true",  # the sandbox lives on this machine
            "HOUSE_BATCH_SIZE": "200",  # small, so that there is something to watch
            "BILLS_EVERY_SECONDS": "10",
            "SILENT_AFTER_SECONDS": "600",
            "LOG_LEVEL": "ERROR",
        }
    )


if __name__ == "__main__":
    sys.exit(main())
