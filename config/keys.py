"""Print a `.env` with fresh secrets: `python -m config.keys > .env`. Writes no file, so it overwrites none."""

import re
import secrets
import sys
from pathlib import Path

from cryptography.fernet import Fernet

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"


def with_fresh_secrets(example: str) -> str:
    """The same text in which the two secrets have values that nobody has seen."""
    fresh = {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": Fernet.generate_key().decode()}
    for name, value in fresh.items():
        example = re.sub(rf"^{name}=.*$", f"{name}={value}", example, flags=re.MULTILINE)
    return example


if __name__ == "__main__":
    sys.stdout.write(with_fresh_secrets(EXAMPLE.read_text(encoding="utf-8")))
