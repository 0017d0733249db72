"""What operators can do wrong, as sentences for the screen."""


class DialerError(Exception):
    """`str(error)` says what is wrong and what to do. Nothing was changed."""
