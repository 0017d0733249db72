"""The console: a page for each noun. Importing this package registers them all."""

from dialer.admin import (
    account,
    batch,
    call_record,
    callback,
    campaign,
    contact,
    contact_list,
    do_not_call,
    exchange,
    voice_file,
)

__all__ = [
    "account",
    "batch",
    "call_record",
    "callback",
    "campaign",
    "contact",
    "contact_list",
    "do_not_call",
    "exchange",
    "voice_file",
]
