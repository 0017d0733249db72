"""Recordings of calls, for both carriers: links that run out, downloads, and what the fates make of them."""

import secrets
import time

from sandbox import sound
from sandbox.blame import Blame
from sandbox.facts import LAAFFIC, YUNHU, Call
from sandbox.fates import RecordingFate, RequestFate
from sandbox.memory import Memory
from sandbox.replies import Reply

RECORDING = "recording"  # name of the download among the services
PATHS = {YUNHU: "/yunhu/recordings/", LAAFFIC: "/laaffic/recordings/"}


class Recordings:
    """Gives out links and answers them. `address` is the root under which recordings are downloaded."""

    def __init__(self, *, memory: Memory, blame: Blame, address: str) -> None:
        self._memory = memory
        self._blame = blame
        self._address = address

    def link(self, call: Call) -> tuple[str, float]:
        """A new link and the epoch second of its end."""
        is_born_expired = call.ending.recording is RecordingFate.EXPIRED_LINK and call.link_count == 0
        lifetime = -1 if is_born_expired else self._memory.switches.link_seconds
        key, expires_at = secrets.token_urlsafe(24), time.time() + lifetime
        self._memory.note("link", key=key, bill=call.bill_id, expires_at=expires_at)
        return f"{self._address}{PATHS[call.batch.carrier]}{key}", expires_at

    def has_link(self, call: Call) -> bool:
        """Whether the carrier still gives a link to the recording."""
        return not self._is_gone(call) and self._memory.switches.recordings_gone != "link"

    def download(self, key: str, *, carrier: str, fate: RequestFate | None) -> Reply:
        """The recording behind a link, or what its fate makes of it."""
        if fate and fate.name == "refuse":
            return _plain(int(fate.argument), "refused as ordered")
        link = self._memory.links.get(key)
        call = self._memory.bills.get(link.bill_id) if link else None
        if link is None or call is None:
            self._blame(carrier=carrier, service=RECORDING, sentence="a recording link was never given out")
            return _plain(404, "no such file")
        if time.time() >= link.expires_at:
            return _plain(403, "the link has expired")
        if self._is_gone(call) or self._memory.switches.recordings_gone == "file":
            return _plain(404, "no such file")
        return self._recording(call)

    def _is_gone(self, call: Call) -> bool:
        return time.time() >= call.started_at + self._memory.switches.recordings_kept_seconds

    def _recording(self, call: Call) -> Reply:
        fate, tries, seconds = call.ending.recording, call.fetch_count, call.ending.talk_seconds
        is_refused = fate is RecordingFate.UNAVAILABLE and tries < 2
        is_cut = fate is RecordingFate.TRUNCATED and tries == 0
        self._memory.note("fetch", bill=call.bill_id, is_whole=not is_refused and not is_cut)
        if is_refused:
            return _plain(503, "try again later")
        content = sound.recording(seconds=seconds, seed=call.bill_id or 0)
        if is_cut and int(call.number[-3]) % 2:
            return Reply(body=content[: len(content) // 2], content_type="audio/mpeg")
        return Reply(body=content, content_type="audio/mpeg", cut_at=len(content) // 2 if is_cut else None)


def _plain(status: int, text: str) -> Reply:
    return Reply(body=text.encode(), status=status, content_type="text/plain; charset=utf-8")
