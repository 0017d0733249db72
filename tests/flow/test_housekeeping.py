"""Old exchanges go, young ones stay."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import housekeeping
from dialer.models import CarrierExchange
from tests.factories import make_account, make_exchange

pytestmark = pytest.mark.django_db


def test_exchanges_are_kept_for_the_days_that_were_set(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EXCHANGES_KEPT_DAYS = 30
    monkeypatch.setattr(housekeeping, "AT_A_TIME", 2)
    account = make_account()
    old = [make_exchange(account=account) for _ in range(3)]
    young = make_exchange(account=account)
    CarrierExchange.objects.filter(pk__in=[row.pk for row in old]).update(at=timezone.now() - timedelta(days=31))
    CarrierExchange.objects.filter(pk=young.pk).update(at=timezone.now() - timedelta(days=29))

    assert housekeeping.prune_next()
    assert not housekeeping.prune_next()

    assert list(CarrierExchange.objects.all()) == [young]
