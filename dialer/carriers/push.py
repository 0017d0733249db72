"""One POST to an address of somebody who wants to be told something: tried once, over the guarded line.

Nothing of the other side's answer is kept but its status: an address that an operator typed must not become a way to
read what stands behind it.
"""

from collections.abc import Mapping
from contextlib import closing
from typing import Final

from dialer.carriers.connection import line
from dialer.carriers.contract import NotSent
from dialer.carriers.http import WIRE_ERRORS, prepared, translated
from dialer.translation import gettext

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 10
TOTAL_SECONDS: Final = 12  # well below a tick's budget, so that one slow address does not cost many turns


def push(url: str, content: bytes, *, headers: Mapping[str, str], allow_private_addresses: bool) -> tuple[int, str]:
    """HTTP status (0 if there was none), and why it failed, or "" for 2xx. Redirects are not followed."""
    with line(
        connect_seconds=CONNECT_SECONDS,
        total_seconds=TOTAL_SECONDS,
        allow_private_addresses=allow_private_addresses,
    ) as opened:
        try:
            request = prepared("POST", url, headers=headers, content=content)
            with closing(opened.send(request, read_seconds=READ_SECONDS)) as response:
                status = response.status_code
        except NotSent as error:
            return 0, str(error)
        except WIRE_ERRORS as error:
            return 0, str(translated(opened, error))
    return status, "" if 200 <= status < 300 else gettext("It answered HTTP %(status)s.") % {"status": status}
