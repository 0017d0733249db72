"""Django's deployment checks with the settings of a real installation: nothing may be left to complain about."""

import os
import sys
import tempfile

from cryptography.fernet import Fernet
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ.update(
            DIALER_ENV_FILE="",
            DJANGO_SETTINGS_MODULE="config.settings",
            SECRET_KEY=get_random_secret_key(),
            FIELD_KEYS=Fernet.generate_key().decode(),
            PUBLIC_URL="https://dialer.example.org",
            DATA_DIR=data_dir,
        )
        execute_from_command_line([sys.argv[0], "check", "--deploy", "--fail-level", "WARNING"])
