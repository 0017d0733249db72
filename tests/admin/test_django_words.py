"""What Django says but has not in all languages is marked here word for word, so that our catalogues can hold it."""

from pathlib import Path

import django
from babel.messages.pofile import read_po

from config import catalogues


def test_every_sentence_is_one_of_djangos_own():
    said = set()
    for part in ("conf", "contrib/admin", "contrib/auth"):
        with (Path(django.__file__).parent / part / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
            said |= {message.id for message in read_po(file)}

    ours = {message.id for message in catalogues.spoken() if ("dialer/admin/django_words.py", 0) in message.locations}

    assert len(ours) > 50
    assert ours <= said
