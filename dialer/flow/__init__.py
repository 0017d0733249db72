"""The verbs: each arrow of the picture is one file here.

    spreadsheet ─ intake ─► Contact ─ batching ─► Batch, Attempt ─ dispatch ─► carrier
    carrier ─ ledger ─► CallRecord ─ recordings.archive ─► Recording

`lifecycle` takes the operator's orders, `preflight` says what a launch would do, `reports` what became of it.
`state` and `seat` are what the others stand on; `connect` turns an account into a carrier that can be asked.

Nothing here rings the queue: whoever calls a verb rings afterwards.
"""
