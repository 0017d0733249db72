"""Fetches an online voice file as the carrier does before it accepts a batch."""

import http.client
from urllib.parse import urlsplit

from sandbox.sound import NotAVoiceFile, check_voice_file
from sandbox.switches import is_loopback_http

FETCH_SECONDS = 10
LARGEST_BYTES = 20_000_000


def fetch_voice_file(url: str) -> None:
    """Returns when the address gives an mp3 of 8000 Hz and one channel. Raises NotAVoiceFile.

    An address without scheme means http, as in the voice menu page's sample.
    """
    address = url if "://" in url else f"http://{url}"
    if not is_loopback_http(address):
        raise NotAVoiceFile(f"the voice file's address is not http on this machine: {url!r}")
    check_voice_file(_content(address))


def _content(address: str) -> bytes:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=FETCH_SECONDS)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        response = connection.getresponse()
        content = response.read(LARGEST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NotAVoiceFile(f"the voice file cannot be fetched: {error!r}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise NotAVoiceFile(f"the voice file's address answers {response.status}")
    return content
