"""Settings as they stand in the environment: a value is taken as it is, and a wrong one is named."""

from collections.abc import Callable, Collection
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):
    """django-environ, in which a value that begins with "$" is a value: a secret may begin so.

    The original takes it for the name of another variable, and writes it into its error.
    """

    def get_value(
        self,
        var: str,
        cast: Callable[[str], Any] | None = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        """The value as `cast` understands it, else the default. Raises ImproperlyConfigured, never with the value."""
        if var not in self.ENVIRON:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"{var} is missing. .env.example explains it.")
            return self.parse_value(default, cast) if parse_default else default
        try:
            return self.parse_value(self.ENVIRON[var], cast)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} can't be understood as it is set. .env.example explains it.") from error


def folder(path: str | Path) -> Path:
    """The folder, made if there is none. Raises ImproperlyConfigured if there can't be one."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR {path} can't be a folder of ours: {error.strerror}.") from error
    return Path(path)


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Addresses or networks with commas between."""
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


def time_zone(text: str) -> str:
    """The same name, if there is such a time zone. Raises ValueError."""
    try:
        ZoneInfo(text)
    except ZoneInfoNotFoundError as error:
        raise ValueError(text) from error
    return text


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """A reader that takes only these names. It raises ValueError."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return read
