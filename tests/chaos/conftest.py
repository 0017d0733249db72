"""A nursery for the whole run, and a stage for each test, on the test's own database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import cluster
from tests.chaos.nursery import Nursery
from tests.chaos.stage import Stage, opened, people_with

ENDINGS = (4, 40, 60, 91, 92, 95, 98)  # talk, a key, busy, and callbacks and recordings that limp


@pytest.fixture(scope="session")
def nursery(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    folder = tmp_path_factory.mktemp("nursery")
    environment = {"DATABASE_URL": cluster.database_url(), "DATA_DIR": str(folder)}
    with Nursery(environment=environment, log=folder / "log") as parent:
        yield parent


@pytest.fixture
def open_stage(
    nursery: Nursery, transactional_db: None, tmp_path: Path, settings: Any
) -> Iterator[Callable[..., Stage]]:
    """Makes the test's stage; nothing of it runs afterwards."""
    settings.MEDIA_ROOT = tmp_path / "media"
    with ExitStack() as stack:

        def make(endings: Any = ENDINGS, **options: Any) -> Stage:
            return stack.enter_context(opened(nursery, tmp_path, people_with(endings), **options))

        yield make
