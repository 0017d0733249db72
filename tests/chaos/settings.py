"""Settings of processes that are going to be killed: as in the test run, with a queue and a wire in a hurry."""

from tests.settings import *  # noqa: F403

HTTP_TOTAL_SECONDS = 2  # a carrier on loopback answers in milliseconds, or never
Q_CLUSTER = {**Q_CLUSTER, "poll": 0.01}  # noqa: F405
LOG_LEVEL = "WARNING"
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": LOG_LEVEL}}  # noqa: F405
