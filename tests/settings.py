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
has_folder = "DATA_DIR" in os.environ
if not has_folder:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="dialer-tests-")

from config import catalogues  # noqa: E402
from config.settings import *  # noqa: E402, F403

if not has_folder:
    del os.environ["DATA_DIR"]  # the parallel processes of a run share nothing: each makes a folder of its own

catalogues.compile_stale()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 - WhiteNoise warns without it
