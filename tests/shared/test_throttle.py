"""Whoever tries too often waits, and those who only ask cannot fill the memory."""

from datetime import UTC, datetime, timedelta

import pytest

from services.shared import throttle
from services.shared.problems import Problem
from services.shared.throttle import Throttle

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_third_of_two_tries_waits_until_the_first_is_long_enough_ago() -> None:
    tries = Throttle(times=2, period=MINUTE)
    tries.take("a", NOW)
    tries.take("a", NOW + MINUTE / 2)
    with pytest.raises(Problem) as refused:
        tries.take("a", NOW + MINUTE / 2)
    tries.take("b", NOW + MINUTE / 2)
    tries.take("a", NOW + MINUTE)

    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "30"})


def test_who_was_not_seen_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SENDERS_MAX", 2)
    tries = Throttle(times=1, period=MINUTE)
    for sender in ("a", "b", "c"):
        tries.take(sender, NOW)
    tries.take("a", NOW)
    with pytest.raises(Problem):
        tries.take("c", NOW)
