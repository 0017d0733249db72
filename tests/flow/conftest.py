"""What the tests of the flow share."""

from collections.abc import Iterator

import pytest

from tests.carrier import TestCarrier, running_carrier


@pytest.fixture
def carrier(db: None) -> Iterator[TestCarrier]:
    """The sandbox, and an account bound to it."""
    with running_carrier() as running:
        yield running
