"""Two files of one family become one, and two again, on the real database; nobody is lost and history stays."""

import asyncio
from datetime import date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.intake import handlers, store
from services.intake.commands import FindLikelyDuplicates, Member, MemberRole, MergeFamilies, UnmergeFamilies
from services.intake.contracts import EraseDue
from services.intake.events import FamilyErased, FamilyMerged, FamilyUnmerged
from services.shared.outcomes import Refused
from tests.intake.town import PROGRAMME, SUPPORTER, Town, day, household

pytestmark = pytest.mark.engines


async def merge(
    town: Town, kept: UUID, merged: UUID, *, merge_id: UUID | None = None, on: datetime | None = None
) -> UUID | Refused:
    command = MergeFamilies(merge_id=merge_id or uuid4(), kept_id=kept, merged_id=merged)
    async with town.database.transaction() as tx:
        return await handlers.merge_families(tx, command, now=on or day(10), by=SUPPORTER)


async def unmerge(town: Town, merge_id: UUID) -> UUID | Refused:
    async with town.database.transaction() as tx:
        return await handlers.unmerge_families(tx, UnmergeFamilies(merge_id=merge_id), now=day(12), by=SUPPORTER)


async def names(town: Town, family_id: UUID) -> list[str]:
    async with town.database.transaction() as tx:
        return [row.given_name for row in await store.members(tx, family_id)]


async def signals(town: Town, family_id: UUID) -> set[UUID]:
    async with town.database.transaction() as tx:
        return {signal.id for signal in await store.signals_of(tx, family_id)}


def also(name: str, born: date) -> tuple[Member, ...]:
    """The household of every test, and one child more."""
    members = household("Bakker")["members"]
    assert isinstance(members, tuple)
    return (*members, Member(role=MemberRole.CHILD, given_name=name, surname="Bakker", birth_date=born))


async def test_two_files_of_one_family_become_one(town: Town) -> None:
    one = await town.intake("Bakker", on=day(1))
    two = await town.intake("Bakker, twice", on=day(2), members=also("Twan", date(2020, 1, 1)))
    kept, merged = await town.family_of(one), await town.family_of(two)
    merge_id = uuid4()

    for _ in range(2):
        assert await merge(town, kept, merged, merge_id=merge_id) == kept

    assert await signals(town, kept) == {one, two}
    assert await names(town, kept) == ["Anna", "Kind0", "Kind1", "Twan"], "Twan is the twin of Kind0, and another child"
    [event] = await town.told(FamilyMerged)
    assert (event.family_id, event.merged_id, event.signal_ids) == (kept, merged, (two,))
    search = FindLikelyDuplicates(given_name="Anna", surname="Bakker", birth_date=date(1990, 5, 4))
    async with town.database.transaction() as tx:
        assert [each.family_id for each in await handlers.find_likely_duplicates(tx, search)] == [kept]
        assert await store.consents(tx, kept, PROGRAMME) == {"take-part": "given"}
        scopes = {row.family_id for row in await tx.execute(tx.tables.family_scope.select())}
    assert scopes == {kept}


async def test_what_was_one_by_mistake_is_two_again(town: Town) -> None:
    one = await town.intake("Bakker", on=day(1))
    two = await town.intake("Bakker, twice", on=day(2), members=also("Twan", date(2020, 1, 1)))
    kept, merged = await town.family_of(one), await town.family_of(two)
    merge_id = uuid4()
    await merge(town, kept, merged, merge_id=merge_id)
    since = await town.intake("Bakker, back", on=day(11), family_id=kept)

    for _ in range(2):
        assert await unmerge(town, merge_id) == merged

    assert await signals(town, merged) == {two}
    assert await signals(town, kept) == {one, since}, "what came since stays with the one that kept"
    assert "Anna" in await names(town, merged)
    assert len(await town.told(FamilyUnmerged)) == 1
    async with town.database.transaction() as tx:
        [history] = await handlers.merges_of(tx, merged)
        assert (await store.family_by_id(tx, merged)).merged_into is None
        scopes = {row.signal_id: row.family_id for row in await tx.execute(tx.tables.family_scope.select())}
    assert (history.merged_at, history.unmerged_at) == (day(10), day(12))
    assert scopes == {one: kept, two: merged, since: kept}


async def test_the_people_go_back_to_where_they_were(town: Town) -> None:
    one = await town.intake("Bakker", on=day(1))
    two = await town.intake("Bakker, twice", on=day(2), members=also("Twan", date(2020, 1, 1)))
    kept, merged = await town.family_of(one), await town.family_of(two)
    before = await names(town, kept), await names(town, merged)
    merge_id = uuid4()
    await merge(town, kept, merged, merge_id=merge_id)
    await unmerge(town, merge_id)

    assert (await names(town, kept), await names(town, merged)) == before


async def test_two_trajectories_at_once_are_for_people_to_choose_between(town: Town) -> None:
    await town.fund(on=day(1))
    one, two = await town.intake("Bakker", on=day(1)), await town.intake("Bakker, twice", on=day(1))
    for signal_id in (one, two):
        await town.admit(signal_id, on=day(1))
    kept, merged = await town.family_of(one), await town.family_of(two)

    assert await merge(town, kept, merged) == Refused(handlers.BOTH_ENROLLED)
    assert await town.told(FamilyMerged) == []
    await town.close_trajectory(two, on=day(5))
    assert await merge(town, kept, merged) == kept
    async with town.database.transaction() as tx:
        [row] = [row for row in await tx.execute(store.enrolment.select()) if row.signal_id == two]
    assert row.family_id == kept


async def test_a_place_that_is_given_meanwhile_is_seen(town: Town) -> None:
    await town.fund(on=day(1))
    one, two = await town.intake("Bakker", on=day(1)), await town.intake("Bakker, twice", on=day(1))
    await town.admit(one, on=day(1))
    kept, merged = await town.family_of(one), await town.family_of(two)

    outcomes = await asyncio.gather(merge(town, kept, merged), town.admit(two, on=day(2)))

    async with town.database.transaction() as tx:
        active = len(await store.active_enrolments(tx, kept))
    assert active == 1, "a family is never enrolled twice in one programme"
    assert outcomes[0] == kept or outcomes[0] == Refused(handlers.BOTH_ENROLLED)


async def test_a_family_does_not_go_into_itself_nor_twice_nor_into_one_that_is_gone(town: Town) -> None:
    one, two, three = [await town.family_of(await town.intake(name, on=day(1))) for name in ("A", "B", "C")]

    assert await merge(town, one, one) == Refused("same-family")
    assert await merge(town, one, uuid4()) == Refused("unknown-family")
    merge_id = uuid4()
    assert await merge(town, one, two, merge_id=merge_id) == one
    assert await merge(town, three, two) == Refused("merged-already")
    assert await merge(town, three, one, merge_id=merge_id) == Refused("id-already-used")
    assert await merge(town, three, one) == three
    assert await unmerge(town, merge_id) == Refused("merged-further")
    assert await unmerge(town, uuid4()) == Refused("unknown-merge")


async def test_merged_files_are_erased_together_and_then_stay_one(town: Town) -> None:
    one, two = await town.intake("Bakker", on=day(1)), await town.intake("Bakker, twice", on=day(1))
    kept, merged = await town.family_of(one), await town.family_of(two)
    merge_id = uuid4()
    await merge(town, kept, merged, merge_id=merge_id)
    async with town.database.transaction() as tx:
        passed = {"state": "closed", "ended_on": date(2027, 3, 1), "erase_on": date(2027, 4, 1)}
        await tx.execute(store.signal.update().values(**passed))
    async with town.database.transaction() as tx:
        counted = await handlers.erase_due(tx, EraseDue(programme=PROGRAMME, limit=10), now=day(2, month=4))

    assert counted.count == 1
    assert {event.family_id for event in await town.told(FamilyErased)} == {kept, merged}
    async with town.database.transaction() as tx:
        assert await store.personal_values(tx) == []
    assert await unmerge(town, merge_id) == Refused("unknown-family")


async def test_the_history_of_a_merge_is_not_thrown_away(town: Town) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with town.database.transaction() as tx:
            await tx.execute(text("DELETE FROM intake.family_merge"))
