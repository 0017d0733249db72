"""What several tests of pages stand on."""

from pathlib import Path

import pytest

from tests import factories
from tests.admin import plain_site


@pytest.fixture
def plain_console(settings):
    """A console of plain pages instead of the real ones, which have tests of their own."""
    settings.ROOT_URLCONF = plain_site.__name__
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # WhiteNoise warns of its absence


@pytest.fixture
def boss(client):
    user = factories.make_user(is_superuser=True)
    client.force_login(user)
    return user
