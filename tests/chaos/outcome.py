"""What a schedule ended in. Knows no Django, so that it travels between processes."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of everybody; without problems the promise was kept."""

    people: int
    dialled_twice: int
    lost: int
    uncertain: int  # not dialled, and shown to a person as uncertain
    recordings: int
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Played:
    """One schedule and how it went."""

    seed: int
    kills: int
    waves: int
    deaths: tuple[str, ...]  # places at which processes killed themselves
    verdict: Verdict
