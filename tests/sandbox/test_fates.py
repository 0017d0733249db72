"""The table of endings."""

import pytest

from sandbox.fates import ENDINGS, ending_of, tables_as_text


def ending(digits: int):
    return ending_of(f"812000000{digits:02}", ring_limit_seconds=30, talk_limit_seconds=60, wants_key=True)


def test_every_pair_of_digits_has_exactly_one_rule():
    covered = [digits for rule in ENDINGS for digits in range(rule.first, rule.last + 1)]

    assert covered == list(range(100))


@pytest.mark.parametrize("digits", [*range(60), *range(91, 100)])
def test_answered_endings_talk(digits):
    assert ending(digits).talk_seconds > 0
    assert ending(digits).cause == 10001


@pytest.mark.parametrize(
    ("digits", "cause"),
    [(60, 10006), (69, 10006), (70, 10020), (76, 10020), (77, 10005), (81, 10016), (84, 10016), (85, 10003),
     (87, 10003), (88, 10009), (90, 10004)],
)  # fmt: skip
def test_unanswered_endings_have_their_cause_and_no_talk(digits, cause):
    assert ending(digits).talk_seconds == 0
    assert ending(digits).cause == cause


def test_keys_are_pressed():
    assert [ending(digits).key for digits in (0, 40, 48, 53, 56, 60)] == ["", "1", "2", "9", "#", ""]


def test_talk_time_varies():
    talks = {ending(digits).talk_seconds for digits in range(40)}

    assert len(talks) > 20
    assert min(talks) >= 4
    assert max(talks) <= 40


def test_the_tables_are_printed_whole():
    text = tables_as_text()

    assert all(rule.says in text for rule in ENDINGS)
    assert "refuse:code" in text
