"""A carrier's answer that is no clear yes, in a sentence for an operator."""

from dialer.translation import gettext


def answered(code: str, words: str, *, meaning: str = "", advice: str = "") -> str:
    """Such as: The carrier answered 602: the authorisation has ended ("expired"). Ask the carrier.

    `words` are the carrier's own; meaning and advice of its code are English constants and are translated here.
    """
    sentence = _sentence(code, words, meaning) % {"code": code, "words": words, "meaning": gettext(meaning)}
    return f"{sentence} {gettext(advice)}" if advice else sentence


def _sentence(code: str, words: str, meaning: str) -> str:
    if meaning and words:
        return gettext('The carrier answered %(code)s: %(meaning)s ("%(words)s").')
    if meaning:
        return gettext("The carrier answered %(code)s: %(meaning)s.")
    if code and words:
        return gettext('The carrier answered %(code)s: "%(words)s".')
    if words:
        return gettext('The carrier answered without a code: "%(words)s".')
    if code:
        return gettext("The carrier answered %(code)s: no reason.")
    return gettext("The carrier answered without a code: no reason.")
