"""A decision is written down, reaches its workflow once, and the workflow's answer is kept."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from temporalio.client import Client

from services.budget.events import SpendingRequestDecided, Verdict
from services.desk import bus, decisions, handlers
from services.desk.commands import ActOnTrajectory, SetStandIn
from services.desk.contracts import (
    Choice,
    TrajectoryAct,
    approval_id,
    trajectory_workflow_id,
)
from services.shared.access import Actor
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.temporal import connect
from services.shared.types import stable_id
from tests.desk.listening import answers, decide, decision, heard, listen
from tests.desk.office import (
    COLLEAGUE,
    HOLDER,
    MONDAY,
    OTHER_HOLDER,
    REQUEST,
    TRAJECTORY,
    Office,
    person,
    question,
    task,
)

pytestmark = pytest.mark.engines


async def test_a_decision_reaches_its_approval_once_however_often_it_is_sent(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))

    sent = await asyncio.gather(*(decide(office, temporal, decision(), HOLDER) for _ in range(3)))
    again = await decide(office, temporal, decision(), HOLDER)

    assert {*sent, again} == {again}
    assert isinstance(again, decisions.Accepted)
    assert await heard(temporal, approval_id(REQUEST)) == 1
    assert await answers(office) == [("accepted", None)]


async def test_nobody_changes_their_mind_after_deciding(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))
    await decide(office, temporal, decision(), HOLDER)

    changed = await decide(office, temporal, decision(choice=Choice.REFUSE), HOLDER)

    assert changed == Refused("decided-before")
    assert await heard(temporal, approval_id(REQUEST)) == 1


async def test_what_the_workflow_refuses_may_be_said_again_otherwise(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))

    refused = await decide(office, temporal, decision(reason="no-good-reason"), HOLDER)
    accepted = await decide(office, temporal, decision(), HOLDER)

    assert refused == Refused("reason-missing")
    assert isinstance(accepted, decisions.Accepted)
    assert sorted(await answers(office)) == [("accepted", None), ("refused", "reason-missing")]


async def test_a_decision_for_an_approval_that_has_ended_says_so(office: Office, temporal: Client) -> None:
    ended = stable_id("ended")
    await office.open(question(subject_id=ended, workflow=ended))

    assert await decide(office, temporal, decision(), HOLDER) == Refused(handlers.ALREADY_ENDED)


async def test_while_temporal_is_away_the_list_works_and_the_decision_is_kept_for_later(
    office: Office, temporal: Client, placeholder_settings: Settings
) -> None:
    await office.open(question())
    away = await connect(placeholder_settings, lazy=True)

    assert await decide(office, away, decision(), HOLDER) == Refused(decisions.NOT_AVAILABLE)
    assert await office.open_ids() == [question().task_id]
    assert await answers(office) == [("pending", None)]

    await listen(temporal, approval_id(REQUEST))
    assert isinstance(await decide(office, temporal, decision(), HOLDER), decisions.Accepted)


async def test_a_decision_whose_answer_never_came_back_gets_the_one_that_stands(
    office: Office, placeholder_settings: Settings
) -> None:
    await office.open(question())
    away = await connect(placeholder_settings, lazy=True)
    for holder in (HOLDER, OTHER_HOLDER):
        assert await decide(office, away, decision(), holder) == Refused(decisions.NOT_AVAILABLE)
    decided = SpendingRequestDecided(
        request_id=REQUEST,
        trajectory_id=TRAJECTORY,
        programme="kansrijk-emmen",
        category="bicycle",
        amount_cents=10_000,
        urgent=False,
        verdict=Verdict.APPROVED,
        reason="helps-the-family",
        deciders=(HOLDER.person,),
    )
    async with office.database.transaction() as tx:
        await bus.on_spending_request_decided(tx, decided, MONDAY)

    assert sorted(await answers(office)) == [("accepted", None), ("refused", "already-ended")]
    assert await office.open_ids() == []


async def stand_in_for(office: Office, away: Actor, colleague: Actor) -> UUID | Refused:
    async with office.database.transaction() as tx:
        command = SetStandIn(
            stand_in_id=stable_id(away.person, colleague.person),
            stand_in=colleague.person,
            from_on=MONDAY.date(),
            until_on=(MONDAY + timedelta(days=4)).date(),
        )
        return await handlers.set_stand_in(tx, command, now=MONDAY, actor=away)


async def test_a_stand_in_decides_with_the_role_that_was_lent(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))
    await stand_in_for(office, HOLDER, COLLEAGUE)

    own_name = await decide(office, temporal, decision(), COLLEAGUE)
    lent = await decide(office, temporal, decision(on_behalf_of=HOLDER.person), COLLEAGUE)

    assert own_name == Refused("not-in-role")
    assert isinstance(lent, decisions.Accepted)


async def test_a_stand_in_never_lends_a_second_signature(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))
    await stand_in_for(office, HOLDER, COLLEAGUE)
    await decide(office, temporal, decision(), HOLDER)

    refused = await decide(office, temporal, decision(on_behalf_of=HOLDER.person), COLLEAGUE)

    assert refused == Refused("decided-before")
    assert await heard(temporal, approval_id(REQUEST)) == 1


async def test_of_a_holder_and_their_stand_in_at_once_one_has_a_say(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))
    await stand_in_for(office, HOLDER, COLLEAGUE)

    both = await asyncio.gather(
        decide(office, temporal, decision(), HOLDER),
        decide(office, temporal, decision(on_behalf_of=HOLDER.person), COLLEAGUE),
    )

    assert [answer for answer in both if isinstance(answer, Refused)] == [Refused("decided-before")]
    assert await heard(temporal, approval_id(REQUEST)) == 1


async def test_two_holders_both_have_a_say(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))

    for holder in (HOLDER, OTHER_HOLDER):
        assert isinstance(await decide(office, temporal, decision(), holder), decisions.Accepted)

    assert await heard(temporal, approval_id(REQUEST)) == 2


async def test_who_is_back_early_lends_nothing_any_more(office: Office, temporal: Client) -> None:
    await office.open(question())
    await stand_in_for(office, HOLDER, COLLEAGUE)
    async with office.database.transaction() as tx:
        row = stable_id(HOLDER.person, COLLEAGUE.person)
        assert await handlers.end_stand_in(tx, row, now=MONDAY, actor=COLLEAGUE) == Refused("unknown-stand-in")
        assert await handlers.end_stand_in(tx, row, now=MONDAY, actor=HOLDER) == row

    assert await decide(office, temporal, decision(on_behalf_of=HOLDER.person), COLLEAGUE) == Refused("no-stand-in")


async def test_nobody_names_themselves_as_stand_in_or_for_days_gone_by(office: Office) -> None:
    assert await stand_in_for(office, HOLDER, HOLDER) == Refused("somebody-else-please")
    async with office.database.transaction() as tx:
        past = SetStandIn(
            stand_in_id=stable_id("past"),
            stand_in=COLLEAGUE.person,
            from_on=MONDAY.date(),
            until_on=(MONDAY - timedelta(days=1)).date(),
        )
        assert await handlers.set_stand_in(tx, past, now=MONDAY, actor=HOLDER) == Refused("ends-before-it-starts")


async def test_a_task_without_a_workflow_takes_no_decision(office: Office, temporal: Client) -> None:
    await office.open(task())

    assert await decide(office, temporal, decision(task_id=task().task_id), COLLEAGUE) == Refused("not-a-decision")
    assert await decide(office, temporal, decision(task_id=stable_id("none")), HOLDER) == Refused("unknown-task")


async def test_what_somebody_decided_can_not_be_rewritten(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))
    await decide(office, temporal, decision(), HOLDER)
    for statement in ("UPDATE desk.decision SET choice = 'refuse'", "DELETE FROM desk.action"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with office.database.transaction() as tx:
                await tx.execute(text(statement))


def action(act: TrajectoryAct, name: str) -> ActOnTrajectory:
    return ActOnTrajectory(action_id=stable_id(name), act=act, reason="family-asks", trajectory_id=TRAJECTORY)


async def test_an_action_reaches_the_trajectory_once(office: Office, temporal: Client) -> None:
    await listen(temporal, trajectory_workflow_id(TRAJECTORY))
    command = action(TrajectoryAct.PAUSE, "pause")

    for _ in range(2):
        accepted = await decisions.act(office.database, temporal, command, actor=COLLEAGUE, now=MONDAY)
        assert accepted == decisions.Accepted(id=command.action_id)

    assert await heard(temporal, trajectory_workflow_id(TRAJECTORY)) == 1


async def test_an_action_that_makes_no_sense_now_is_refused_with_the_workflows_code(
    office: Office, temporal: Client
) -> None:
    await listen(temporal, trajectory_workflow_id(TRAJECTORY))
    command = action(TrajectoryAct.RESUME, "resume")

    for _ in range(2):
        refused = await decisions.act(office.database, temporal, command, actor=COLLEAGUE, now=MONDAY)
        assert refused == Refused("not-paused")


async def test_an_action_for_a_trajectory_that_is_not_there_may_be_sent_again(office: Office, temporal: Client) -> None:
    trajectory_id = stable_id("a trajectory that starts late")
    command = action(TrajectoryAct.PAUSE, "early").model_copy(update={"trajectory_id": trajectory_id})
    early = await decisions.act(office.database, temporal, command, actor=COLLEAGUE, now=MONDAY)
    await listen(temporal, trajectory_workflow_id(trajectory_id))
    later = await decisions.act(office.database, temporal, command, actor=COLLEAGUE, now=MONDAY)

    assert (early, later) == (Refused("unknown-trajectory"), decisions.Accepted(id=command.action_id))


async def test_who_speaks_again_with_another_reason_is_told_that_they_spoke(office: Office, temporal: Client) -> None:
    await office.open(question())
    await listen(temporal, approval_id(REQUEST))
    first = await decide(office, temporal, decision(), HOLDER)
    resent = await decide(office, temporal, decision(), HOLDER)
    again = await decide(office, temporal, decision(reason="second-signature"), HOLDER)

    assert resent == first
    assert again == Refused("decided-before")


async def test_an_actions_id_is_not_used_for_another(office: Office, temporal: Client) -> None:
    await listen(temporal, trajectory_workflow_id(TRAJECTORY))
    await decisions.act(office.database, temporal, action(TrajectoryAct.PAUSE, "one"), actor=COLLEAGUE, now=MONDAY)
    for command, actor in (
        (action(TrajectoryAct.STOP, "one"), COLLEAGUE),
        (action(TrajectoryAct.PAUSE, "one"), person("Sanne", Role.SUPPORTER)),
    ):
        refused = await decisions.act(office.database, temporal, command, actor=actor, now=MONDAY)
        assert refused == Refused("id-already-used")
