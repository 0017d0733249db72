"""One conditional UPDATE along a declared transition; claims with a token and a lease."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dialer.flow import state
from dialer.flow.seat import hold
from dialer.models import Batch, Seat
from tests.factories import make_batch

pytestmark = pytest.mark.django_db

State = Batch.State


def waiting() -> object:
    return Batch.objects.filter(state=State.WAITING).order_by("pk")


def test_a_row_moves_along_a_declared_transition_and_only_once() -> None:
    batch = make_batch()
    twin = Batch.objects.get(pk=batch.pk)

    assert state.advance(batch, State.SENDING)
    assert not state.advance(twin, State.CANCELLED)

    batch.refresh_from_db()
    assert batch.state == State.SENDING


def test_an_undeclared_move_is_a_bug_and_changes_nothing() -> None:
    batch = make_batch(state=State.SETTLED)

    with pytest.raises(state.UndeclaredMove):
        state.advance(batch, State.WAITING)

    batch.refresh_from_db()
    assert batch.state == State.SETTLED


def test_a_sent_batch_can_never_go_back_to_waiting_once_it_is_uncertain() -> None:
    assert State.WAITING not in Batch.MOVES[State.UNCERTAIN]
    assert State.SENDING not in Batch.MOVES[State.UNCERTAIN]


def test_a_claimed_row_is_not_claimed_again() -> None:
    make_batch()

    first = state.claim(waiting(), to=State.SENDING, lease_seconds=60)
    second = state.claim(waiting(), to=State.SENDING, lease_seconds=60)

    assert first is not None
    assert first.claim_token
    assert second is None


def test_a_claim_tests_its_conditions_again_in_the_update() -> None:
    batch = make_batch()
    rows = waiting()
    list(rows)  # as a slow process that has looked already
    Batch.objects.filter(pk=batch.pk).update(state=State.CANCELLED)

    assert state.claim(rows, to=State.SENDING, lease_seconds=60) is None


def test_only_the_holder_of_the_token_notes_the_outcome() -> None:
    batch = make_batch()
    claimed = state.claim(waiting(), to=State.SENDING, lease_seconds=60)
    assert claimed is not None
    token = claimed.claim_token
    Batch.objects.filter(pk=batch.pk).update(claim_token="somebody else's")

    assert not state.advance(claimed, State.ACCEPTED, token=token)

    batch.refresh_from_db()
    assert batch.state == State.SENDING


def test_leaving_a_claimed_state_ends_the_claim() -> None:
    make_batch()
    claimed = state.claim(waiting(), to=State.SENDING, lease_seconds=60)
    assert claimed is not None

    state.advance(claimed, State.ACCEPTED, token=claimed.claim_token)

    claimed.refresh_from_db()
    assert (claimed.claim_token, claimed.lease_until) == ("", None)


def test_a_claim_ends_with_its_lease_and_not_before() -> None:
    fresh, stale = make_batch(), make_batch()
    now = timezone.now()
    Batch.objects.filter(pk=fresh.pk).update(state=State.SENDING, lease_until=now + timedelta(seconds=60))
    Batch.objects.filter(pk=stale.pk).update(state=State.SENDING, lease_until=now - timedelta(seconds=60))

    expired = state.expire_claims(Batch.objects.filter(state=State.SENDING), to=State.UNCERTAIN)

    assert expired == 1
    assert Batch.objects.get(pk=stale.pk).state == State.UNCERTAIN
    assert Batch.objects.get(pk=fresh.pk).state == State.SENDING


def test_one_process_sits_on_a_seat_until_it_leaves() -> None:
    with hold("account:1", seconds=60) as mine:
        with hold("account:1", seconds=60) as theirs:
            assert (mine, theirs) == (True, False)
        with hold("account:2", seconds=60) as another:
            assert another
    with hold("account:1", seconds=60) as again:
        assert again


def test_a_seat_is_free_again_when_its_lease_ends() -> None:
    with hold("account:1", seconds=60):
        Seat.objects.update(until=timezone.now() - timedelta(seconds=1))
        with hold("account:1", seconds=60) as theirs:
            assert theirs
            assert Seat.objects.get(name="account:1").token
