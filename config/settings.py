"""All settings in one flat file; every variable of the environment is read here, once.

`.env.example` documents each variable; a test compares the two.
"""

from pathlib import Path
from urllib.parse import urlsplit

from config import schedules
from config.environment import Environment, folder, networks, one_of, time_zone

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
ENV_FILE = env("DIALER_ENV_FILE", default=str(BASE_DIR / ".env"))
if ENV_FILE and Path(ENV_FILE).is_file():
    env.read_env(ENV_FILE)

# --- Who we are -------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
FIELD_KEYS = env.list("FIELD_KEYS")  # the first encrypts credentials, all of them decrypt
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
WEB_ADDRESS = env("WEB_ADDRESS", default="127.0.0.1:8000")
WEB_THREADS = env.int("WEB_THREADS", default=8)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(PUBLIC_URL).hostname or "localhost"])
TRUSTED_PROXIES = env("TRUSTED_PROXIES", cast=networks, default=[])
SERVES_HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if "://" in PUBLIC_URL else []

SESSION_COOKIE_SECURE = SERVES_HTTPS
CSRF_COOKIE_SECURE = SERVES_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SERVES_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # probes come over plain HTTP
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if SERVES_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SERVES_HTTPS
SECURE_HSTS_PRELOAD = SERVES_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- What is installed ------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dialer.apps.DialerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "dialer.apps.DialerConfig",
    "recordings.apps.RecordingsConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dialer.content_security.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dialer.preferences.PreferenceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGIN_URL = "admin:login"
AUTHENTICATION_BACKENDS = ["dialer.preferences.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Where things are kept --------------------------------------------------------------------------------------

DATA_DIR = folder(env("DATA_DIR", default="") or BASE_DIR / "var")
MEDIA_ROOT = DATA_DIR / "media"
STATIC_ROOT = DATA_DIR / "static"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o600
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=100 * 1024 * 1024)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_URL = env("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = 600  # django-q's loops would open a connection per query otherwise
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction that reads first and writes later would fail at once under load.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: after a power cut NORMAL may forget that a batch was being sent, and it would be sent again.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864",
    }
    # A file, so that the processes of a test's cluster see the same database.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # The queue's own status must be seen by other processes, which memory does not allow.
    "queue": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / "queue"),
    },
}

# --- The queue --------------------------------------------------------------------------------------------------

# HTTP total 40 s < task 60 s < lease 120 s: a task is never cut off while its claim still holds.
HTTP_TOTAL_SECONDS = env.int("HTTP_TOTAL_SECONDS", default=40)
LEASE_SECONDS = env.int("LEASE_SECONDS", default=120)
TASK_BUDGET_SECONDS = 15  # a tick stops looking for more work then and rings again; the last request still fits
SCHEDULER_SECONDS = 30  # django-q's own pace, used for what "late" means
HEARTBEAT_LATE_SECONDS = env.int("HEARTBEAT_LATE_SECONDS", default=240)
Q_CLUSTER = {
    "name": "dialer",
    "orm": "default",
    "workers": env.int("QUEUE_WORKERS", default=2),
    "timeout": 60,
    # > (timeout + 3) x (1 + ceil((queue_limit + bulk) / workers)), or waiting tasks would run twice.
    "retry": 300,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.5,
    "guard_cycle": 1,
    "save_limit": -1,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "recycle": 500,
    "cache": "queue",
    "label": "Queue",
    "log_level": "WARNING",
    "ALT_CLUSTERS": {
        schedules.LONG_QUEUE: {
            "workers": env.int("LONG_QUEUE_WORKERS", default=2),
            "timeout": 300,
            "retry": 900,
            "queue_limit": 1,
            "poll": 1,
        }
    },
}
WORK = schedules.WORK
QUEUES = schedules.QUEUES

# --- Calling ----------------------------------------------------------------------------------------------------

HOUSE_BATCH_SIZE = env.int("HOUSE_BATCH_SIZE", default=1000)
LAUNCH_APPROVAL_ABOVE = env.int("LAUNCH_APPROVAL_ABOVE", default=0)  # people; 0: nobody has to approve a launch
CALLS_PER_DAY = env.int("CALLS_PER_DAY", default=4)  # to one number, over all campaigns; 0: no limit of ours
CALLS_PER_WEEK = env.int("CALLS_PER_WEEK", default=12)
CARRIER_PRIVATE_ADDRESSES = env.bool("CARRIER_PRIVATE_ADDRESSES", default=False)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=300)  # of one token
WEBHOOK_PRIVATE_ADDRESSES = env.bool("WEBHOOK_PRIVATE_ADDRESSES", default=False)
CALLBACK_MAX_BYTES = env.int("CALLBACK_MAX_BYTES", default=1024 * 1024)
BILLS_EVERY_SECONDS = env.int("BILLS_EVERY_SECONDS", default=300)
BILLS_OVERLAP_SECONDS = env.int("BILLS_OVERLAP_SECONDS", default=7200)
SILENT_AFTER_SECONDS = env.int("SILENT_AFTER_SECONDS", default=86_400)
DATA_UPLOAD_MAX_MEMORY_SIZE = CALLBACK_MAX_BYTES * 2
EXCHANGES_KEPT_DAYS = env.int("EXCHANGES_KEPT_DAYS", default=90)
EXPORTS_KEPT_DAYS = env.int("EXPORTS_KEPT_DAYS", default=7)

# --- Notices ----------------------------------------------------------------------------------------------------

email_url = env("EMAIL_URL", default="")  # not a setting by itself: it may hold a password
SENDS_EMAIL = bool(email_url)
if SENDS_EMAIL:
    vars().update(env.email_url_config(email_url))
EMAIL_TIMEOUT = 20
EMAIL_SUBJECT_PREFIX = ""
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="Dialer <dialer@localhost>")
NOTICES_PRIVATE_ADDRESSES = env.bool("NOTICES_PRIVATE_ADDRESSES", default=False)

# --- Language, time, logs ---------------------------------------------------------------------------------------

LANGUAGES = [
    ("en", "English"),
    ("zh-hans", "Simplified Chinese"),
    ("id", "Indonesian"),
    ("es", "Spanish"),
    ("th", "Thai"),
    ("vi", "Vietnamese"),
    ("hi", "Hindi"),
]
LANGUAGE_CODE = env("LANGUAGE_OF_CONSOLE", cast=one_of(dict(LANGUAGES)), default="en")
LOCALE_PATHS = [BASE_DIR / "dialer" / "locale"]
USE_I18N = True
USE_TZ = True  # the database holds UTC
TIME_ZONE = env("DISPLAY_TIME_ZONE", cast=time_zone, default="UTC")
LOG_LEVEL = env("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
