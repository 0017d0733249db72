"""What the tests of the flow share."""

from collections.abc import Iterator

import pytest

from tests.carrier import TestCarrier, running_carrier, running_laaffic


@pytest.fixture
def carrier(db: None) -> Iterator[TestCarrier]:
    """The sandbox, and an account bound to it."""
    with running_carrier() as running:
        yield running


@pytest.fixture
def laaffic(db: None) -> Iterator[TestCarrier]:
    """The sandbox, and an account of the second carrier bound to it."""
    with running_laaffic() as running:
        yield running
