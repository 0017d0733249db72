"""The console: a page for each noun. Importing this package registers them all."""

from dialer.admin import (
    account,
    attempt,
    batch,
    call_record,
    callback,
    campaign,
    contact,
    contact_list,
    do_not_call,
    do_not_call_list,
    exchange,
    export,
    extension,
    features,
    voice_file,
)

__all__ = [
    "account",
    "attempt",
    "batch",
    "call_record",
    "callback",
    "campaign",
    "contact",
    "contact_list",
    "do_not_call",
    "do_not_call_list",
    "exchange",
    "export",
    "extension",
    "features",
    "voice_file",
]
