"""A municipality's first day with one family, over HTTP on the real stack, as staff and their screens would do it.

Whatever waits until nine o'clock tomorrow (a matching round, a reminder, a payment run) is out of a day's reach:
`tests/workflows` and `tests/simulation` live through that.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.shared.calendar import local_date
from services.shared.roles import Role
from tests.journeys.people import Person, until
from tests.journeys.town_hall import PROGRAMME, TownHall, open_town_hall

# Eight processes and three engines start inside one test.
pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]

SHOP_IBAN, OTHER_IBAN = "NL91ABNA0417164300", "NL20INGB0001234567"
ENVELOPE_CENTS = 300_000
SURNAME = "Zuylekom"


def test_a_family_on_its_first_day(tmp_path: Path) -> None:
    today = local_date(datetime.now(UTC))
    with open_town_hall(tmp_path, today=today) as hall:
        the_programme_gets_its_money(hall)
        signal = a_family_is_met_in_the_library(hall)
        trajectory = it_consents_and_comes_in(hall, signal)
        its_trajectory_and_its_envelope_are_open(hall, trajectory)
        shop = hall.registers_payee("Fietsenwinkel De Ketting", SHOP_IBAN)
        two_people_decide_and_nobody_twice(hall, trajectory, shop)
        a_shop_with_another_account_is_not_paid_on_an_old_decision(hall, trajectory, shop)
        who_asked_takes_it_back(hall, trajectory, shop)
        a_colleague_stands_in(hall, trajectory, shop)
        two_processes_crash_and_nothing_is_lost(hall, trajectory, shop)
        the_family_pauses_and_goes_on(hall, trajectory)
        the_monitor_counts_and_a_subscriber_hears(hall)
        it_takes_its_consent_back_and_every_door_closes(hall, signal, trajectory, shop)

        assert hall.verified() == []


def the_programme_gets_its_money(hall: TownHall) -> None:
    executor = hall.registers_payee("Stichting Samen", "NL15BANK0100000001")
    money: dict[str, Any] = {
        "programme": PROGRAMME,
        "version": 1,
        "executor_payee_id": executor,
        "debtor": {"name": "Gemeente Voorbeeld", "iban": "NL13TEST0123456789"},
    }
    fundings = "/budget/v1/programme-fundings"

    assert hall.supporter.is_refused(fundings, **money) == (403, "role-not-allowed")
    assert hall.manager.is_refused(fundings, **money | {"version": 9}) == (409, "programme-unknown")
    assert hall.manager.does(fundings, **money)["changed"]
    assert not hall.manager.does(fundings, **money)["changed"]


def a_family_is_met_in_the_library(hall: TownHall) -> str:
    signal_id = str(uuid4())
    met = {"signal_id": signal_id, "programme": PROGRAMME, "area": "angelslo", "channel": "library"}
    hall.outreach.does("/intake/v1/signals", **met, contact_name=f"Mevrouw {SURNAME}", contact_phone="0612345678")
    assert hall.outreach.is_refused("/intake/v1/signals", **met | {"area": "emmerhout"}) == (409, "id-already-used")

    task = hall.outreach.task_about(signal_id, "contact-family")
    hall.outreach.does(f"/desk/v1/tasks/{task['id']}/assignments")
    assert [each["id"] for each in hall.outreach.tasks(whose="mine")] == [task["id"]]
    assert hall.outreach.tasks(whose="unassigned") == []
    assert hall.holder.is_refused(f"/desk/v1/tasks/{task['id']}/assignments") == (403, "not-in-role")

    attempt = hall.outreach.does(
        "/intake/v1/contact-attempts", attempt_id=str(uuid4()), signal_id=signal_id, outcome="reached"
    )
    assert attempt == {"attempt": 1}
    hall.supporter.task_about(signal_id, "do-intake")
    return signal_id


def it_consents_and_comes_in(hall: TownHall, signal_id: str) -> str:
    told: dict[str, Any] = {
        "signal_id": signal_id,
        "address": {
            "area": "angelslo",
            "street": "Statenweg",
            "house_number": "12",
            "postcode": "7824CW",
            "city": "Emmen",
        },
        "contact": {"phone": "0612345678", "languages": ["nl"]},
        "members": [
            {"role": "parent", "given_name": "Sanne", "surname": SURNAME, "birth_date": "1992-04-03"},
            {"role": "child", "given_name": "Timo", "surname": SURNAME, "birth_date": _born(years_ago=7)},
            {"role": "child", "given_name": "Evelien", "surname": SURNAME, "birth_date": _born(years_ago=4)},
        ],
        "themes": ["money"],
    }
    assert hall.supporter.is_refused("/intake/v1/intakes", **told) == (409, "consent-missing")
    consent = {"signal_id": signal_id, "purpose": "take-part"}
    family_id = hall.supporter.does("/intake/v1/consents", **consent)["family_id"]
    assert hall.supporter.does("/intake/v1/intakes", **told) == {"family_id": family_id, "returning": False}

    trajectory_id: str = until(
        lambda: hall.outreach.sees(f"/intake/v1/signals/{signal_id}")["trajectory_id"], "an answer to the intake"
    )
    (signal,) = hall.supporter.sees(f"/intake/v1/families/{family_id}/signals")["signals"]
    assert (signal["state"], signal["trajectory_id"]) == ("enrolled", trajectory_id)
    return trajectory_id


def its_trajectory_and_its_envelope_are_open(hall: TownHall, trajectory_id: str) -> None:
    file = f"/plans/v1/trajectories/{trajectory_id}"
    assert until(lambda: hall.coordinator.finds(file), "a file")["phase"] == "matching"
    somebody_else = hall.hires(Role.SUPPORTER)
    assert somebody_else.http.get(f"{file}/plans").json()["code"] == "not-your-family", "it chose nobody yet"
    assert until(lambda: hall.supporter.finds(f"{file}/plans"), "a plan to make")["versions"] == [], "who took it in"
    until(lambda: hall.supporter.finds(f"/budget/v1/envelopes/{trajectory_id}"), "an envelope")
    assert _free_cents(hall, trajectory_id) == ENVELOPE_CENTS
    until(lambda: _waiting(hall) == 1, "a place in the matching round")


def two_people_decide_and_nobody_twice(hall: TownHall, trajectory_id: str, shop: str) -> None:
    asker = hall.hires(Role.SUPPORTER, Role.BUDGET_HOLDER)
    request_id = _ask(asker, trajectory_id, shop, 150_000)
    task = hall.holder.task_about(request_id, "decide-request")
    decisions = f"/desk/v1/tasks/{task['id']}/decisions"
    yes = _yes(hall.holder, request_id)

    assert asker.tasks(subjectId=request_id) == []
    assert asker.is_refused(decisions, **yes) == (403, "excluded")
    assert hall.supporter.is_refused(decisions, **yes) == (403, "not-in-role")
    first = hall.holder.does(decisions, **yes)
    assert hall.holder.does(decisions, **yes) == first
    assert hall.holder.is_refused(decisions, **yes | {"reason": "my-second-vote"}) == (409, "decided-before")
    as_manager = hall.hires(Role.PROGRAMME_MANAGER, person=hall.holder.id)
    assert as_manager.is_refused(decisions, **yes | {"reason": "other-role"}) == (409, "decided-before")
    second_holder = hall.hires(Role.BUDGET_HOLDER)
    assert second_holder.is_refused(decisions, **yes) == (409, "other-role-needed")

    assert _seen(hall, request_id)["state"] == "reserved"
    hall.manager.does(decisions, **yes)
    _becomes(hall, request_id, "approved", "helps-the-family")
    assert _seen(hall, request_id)["payment"] == "waiting"
    assert _free_cents(hall, trajectory_id) == ENVELOPE_CENTS - 150_000
    assert hall.manager.is_refused(decisions, **yes | {"reason": "too-late"}) == (409, "decided-before")


def a_shop_with_another_account_is_not_paid_on_an_old_decision(hall: TownHall, trajectory_id: str, shop: str) -> None:
    request_id = _ask(hall.supporter, trajectory_id, shop, 50_000)
    task = hall.holder.task_about(request_id, "decide-request")
    decisions = f"/desk/v1/tasks/{task['id']}/decisions"
    seen_before = _yes(hall.holder, request_id)
    hall.registers_payee("Fietsenwinkel De Ketting", OTHER_IBAN, payee_id=shop)

    assert hall.holder.is_refused(decisions, **_yes(hall.holder, request_id)) == (409, "changed-since-seen")
    hall.holder.does(decisions, **seen_before)
    _becomes(hall, request_id, "refused", "changed-since-seen")
    assert _free_cents(hall, trajectory_id) == ENVELOPE_CENTS, "what was approved for the old account is free again"


def who_asked_takes_it_back(hall: TownHall, trajectory_id: str, shop: str) -> None:
    request_id = _ask(hall.supporter, trajectory_id, shop, 20_000)
    hall.holder.task_about(request_id, "decide-request")
    withdrawals = f"/budget/v1/requests/{request_id}/withdrawals"

    assert hall.hires(Role.SUPPORTER).is_refused(withdrawals) == (409, "not-the-asker")
    assert hall.supporter.does(withdrawals)["changed"]
    _becomes(hall, request_id, "withdrawn", "withdrawn-by-asker")
    until(lambda: hall.holder.tasks(subjectId=request_id) == [], "the question to be gone")
    assert _free_cents(hall, trajectory_id) == ENVELOPE_CENTS


def a_colleague_stands_in(hall: TownHall, trajectory_id: str, shop: str) -> None:
    today = local_date(datetime.now(UTC)).isoformat()
    request_id = _ask(hall.supporter, trajectory_id, shop, 50_000)
    task = hall.holder.task_about(request_id, "decide-request")
    decisions = f"/desk/v1/tasks/{task['id']}/decisions"
    for_holder = _yes(hall.coordinator, request_id) | {"on_behalf_of": str(hall.holder.id)}
    away = {"stand_in_id": str(uuid4()), "stand_in": str(hall.coordinator.id), "from_on": today, "until_on": today}

    assert hall.coordinator.is_refused(decisions, **for_holder) == (409, "no-stand-in")
    hall.holder.does("/desk/v1/stand-ins", **away)
    lent = hall.coordinator.task_about(request_id, "decide-request", whose="stand-in")
    assert (lent["id"], lent["on_behalf_of"]) == (task["id"], str(hall.holder.id))
    hall.coordinator.does(decisions, **for_holder)
    _becomes(hall, request_id, "approved", "helps-the-family")
    assert hall.holder.http.delete(f"/desk/v1/stand-ins/{away['stand_in_id']}").is_success
    assert hall.coordinator.sees("/desk/v1/stand-ins") == []


def two_processes_crash_and_nothing_is_lost(hall: TownHall, trajectory_id: str, shop: str) -> None:
    for name in ("budget", "workflows"):
        hall.stack.kill(name)
    request_id = _ask(hall.supporter, trajectory_id, shop, 60_000)
    task = hall.holder.task_about(request_id, "decide-request")
    hall.holder.does(f"/desk/v1/tasks/{task['id']}/decisions", **_yes(hall.holder, request_id))

    _becomes(hall, request_id, "approved", "helps-the-family")
    assert min(hall.stack.restarts[name] for name in ("budget", "workflows")) >= 1
    assert _free_cents(hall, trajectory_id) == ENVELOPE_CENTS - 50_000 - 60_000


def the_family_pauses_and_goes_on(hall: TownHall, trajectory_id: str) -> None:
    actions = f"/desk/v1/trajectories/{trajectory_id}/actions"
    pause = {"action_id": str(uuid4()), "act": "pause", "reason": "family-asks"}
    anew = {"action_id": str(uuid4()), "reason": "family-asks"}

    assert hall.supporter.does(actions, **pause) == hall.supporter.does(actions, **pause)
    assert hall.supporter.is_refused(actions, **anew, act="pause") == (409, "already-paused")
    until(lambda: _file(hall, trajectory_id)["state"] == "paused", "a pause")
    until(lambda: _waiting(hall) == 0, "to leave the matching round")
    resume = {"action_id": str(uuid4()), "act": "resume", "reason": "family-asks"}
    hall.supporter.does(actions, **resume)
    until(lambda: _file(hall, trajectory_id)["state"] == "active", "the end of the pause")
    until(lambda: _waiting(hall) == 1, "a place in the matching round again")
    elsewhere = f"/desk/v1/trajectories/{uuid4()}/actions"
    assert hall.supporter.is_refused(elsewhere, **pause | {"action_id": str(uuid4())}) == (403, "not-your-family")


def the_monitor_counts_and_a_subscriber_hears(hall: TownHall) -> None:
    figures = f"/monitor/v1/programmes/{PROGRAMME}/figures"
    until(lambda: _approved(hall.manager.sees(figures)) == 3, "three approvals in the figures")
    assert hall.manager.sees(figures)["enrolled"]["count"] == 1
    assert hall.supporter.sees(figures)["enrolled"]["count"] is None, "one family would be recognised"

    events = hall.subscribes("dashboard", "signal.received", "family.enrolled", "envelope.opened")
    assert [event["type"] for event in events] == [
        "nl.signals.received.v1",
        "nl.families.enrolled.v1",
        "nl.family-budgets.opened.v1",
    ]
    assert SURNAME not in str(events)


def it_takes_its_consent_back_and_every_door_closes(
    hall: TownHall, signal_id: str, trajectory_id: str, shop: str
) -> None:
    request_id = _ask(hall.supporter, trajectory_id, shop, 40_000)
    hall.holder.task_about(request_id, "decide-request")
    family_id = hall.outreach.sees(f"/intake/v1/signals/{signal_id}")["family_id"]
    withdrawal = {"family_id": family_id, "programme": PROGRAMME, "purpose": "take-part"}
    assert hall.supporter.does("/intake/v1/consent-withdrawals", **withdrawal) == {"required": True}

    closed = until(lambda: _closed(hall, trajectory_id), "the end of the trajectory")
    assert closed["outcome"] == "consent-withdrawn"
    _becomes(hall, request_id, "lapsed", "envelope-closed")
    until(lambda: hall.holder.tasks() == [] and hall.supporter.tasks() == [], "empty worklists")
    again = {"action_id": str(uuid4()), "act": "pause", "reason": "family-asks"}
    actions = f"/desk/v1/trajectories/{trajectory_id}/actions"
    assert hall.supporter.is_refused(actions, **again) == (403, "not-your-family")
    assert hall.coordinator.is_refused(actions, **again) in ((409, "trajectory-closed"), (409, "already-ended"))
    late = {"request_id": str(uuid4()), "trajectory_id": trajectory_id, "payee_id": shop}
    wish = late | {"category": "bicycle", "amount_cents": 10_000}
    assert hall.supporter.is_refused("/budget/v1/requests", **wish) == (403, "not-your-family")
    assert hall.coordinator.is_refused("/budget/v1/requests", **wish) == (409, "envelope-closed")
    figures = f"/monitor/v1/programmes/{PROGRAMME}/figures"
    until(lambda: "consent-withdrawn" in hall.manager.sees(figures)["closed_by_outcome"], "the end in the figures")


def _ask(asker: Person, trajectory_id: str, shop: str, amount_cents: int) -> str:
    request_id = str(uuid4())
    wish = {"request_id": request_id, "trajectory_id": trajectory_id, "payee_id": shop, "category": "bicycle"}
    asker.does("/budget/v1/requests", **wish, amount_cents=amount_cents)
    return request_id


def _yes(decider: Person, request_id: str) -> dict[str, Any]:
    """An approval of the request as it stands before whoever decides."""
    digest = decider.sees(f"/budget/v1/requests/{request_id}")["digest"]
    return {"choice": "approve", "reason": "helps-the-family", "digest": digest}


def _becomes(hall: TownHall, request_id: str, state: str, reason: str) -> None:
    until(lambda: _seen(hall, request_id)["state"] == state, f"a request that is {state}")
    assert _seen(hall, request_id)["reason"] == reason


def _seen(hall: TownHall, request_id: str) -> Any:
    return hall.coordinator.sees(f"/budget/v1/requests/{request_id}")


def _file(hall: TownHall, trajectory_id: str) -> Any:
    return hall.coordinator.sees(f"/plans/v1/trajectories/{trajectory_id}")


def _closed(hall: TownHall, trajectory_id: str) -> Any | None:
    file = _file(hall, trajectory_id)
    return file if file["state"] == "closed" else None


def _free_cents(hall: TownHall, trajectory_id: str) -> int:
    free: int = hall.holder.sees(f"/budget/v1/envelopes/{trajectory_id}")["balance"]["free_cents"]
    return free


def _waiting(hall: TownHall) -> int:
    waiting: int = hall.coordinator.sees("/matching/v1/requests", programme=PROGRAMME)["waiting"]
    return waiting


def _approved(figures: Any) -> int:
    return sum(each["cell"]["count"] for each in figures["requests"] if each["verdict"] == "approved")


def _born(*, years_ago: int) -> str:
    return f"{local_date(datetime.now(UTC)).year - years_ago}-01-15"
