"""Broken rules are kept and printed: nobody can overlook them."""

import sys
import time

from sandbox.memory import Memory

OUTCOME = "violation"


class Blame:
    """Call it with a sentence that names the rule."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __call__(self, *, carrier: str, service: str, sentence: str) -> None:
        self._memory.note("violation", at=time.time(), carrier=carrier, service=service, sentence=sentence)
        sys.stderr.write(f"sandbox: violation: {service or 'no service'}: {sentence}\n")
        sys.stderr.flush()
