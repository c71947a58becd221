"""Notes at tasks: words about a family stand with its other words, are read within reach, and go when they must."""

import pytest
from sqlalchemy import select

from services.plans import handlers
from services.plans.commands import WriteTaskNote
from services.plans.handlers.task_notes import NOTES_MAX, notes_of_task
from services.plans.tables import task_note
from services.shared.outcomes import Refused
from services.shared.types import stable_id
from tests.plans.household import HENK, Household

pytestmark = pytest.mark.engines

TASK = stable_id("task", "make-plan")
WORDS = "Bel eerst, de baby slaapt 's middags."


def note(family: Household, number: int = 1) -> WriteTaskNote:
    return WriteTaskNote(
        note_id=stable_id("note", number), trajectory_id=family.trajectory_id, task_id=TASK, words=WORDS
    )


async def test_a_note_that_is_sent_twice_stands_there_once(family: Household) -> None:
    await family.does(handlers.write_task_note, note(family))
    await family.does(handlers.write_task_note, note(family))

    async with family.database.transaction() as tx:
        [kept] = await notes_of_task(tx, family.trajectory_id, TASK)
        elsewhere = await notes_of_task(tx, stable_id("trajectory", "another"), TASK)
    assert (kept.words, kept.written_by) == (WORDS, HENK.person)
    assert elsewhere == []


async def test_a_task_holds_so_many_notes_and_no_more(family: Household) -> None:
    for number in range(NOTES_MAX):
        await family.does(handlers.write_task_note, note(family, number))

    assert await family.does(handlers.write_task_note, note(family, NOTES_MAX)) == Refused("enough-notes")


async def test_notes_are_erased_with_the_other_words_of_a_family(family: Household) -> None:
    await family.does(handlers.write_task_note, note(family))

    async with family.database.transaction() as tx:
        await handlers.erase_texts(tx, [family.trajectory_id], family.family_id)
        assert (await tx.execute(select(task_note.c.words))).scalars().all() == [None]
