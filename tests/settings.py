"""Settings of the test run: the project's own, fed from here and from nothing else on the machine."""

import os
import tempfile

os.environ.update(
    {
        "DIALER_ENV_FILE": "",
        "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
        "FIELD_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "CARRIER_PRIVATE_ADDRESSES": "true",
    }
)
os.environ.setdefault("PUBLIC_URL", "http://testserver")  # a real process of a test has its own
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="dialer-tests-"))

from config import catalogues
from config.settings import *  # noqa: F403

catalogues.compile_stale()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 - WhiteNoise warns without it
