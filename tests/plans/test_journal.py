"""The contact journal, documents, and the history of every change."""

import asyncio
import sys
import zipfile
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError

from services.plans import handlers, journal_store, store, tables
from services.plans.commands import AddDocument, RemoveDocument, WriteJournal
from services.plans.contracts import Done
from services.plans.documents import DOCX, JPEG, ODT, PDF, PNG, Vault, media_type_of
from services.plans.domain import Change, ContactKind, DocumentKind, Present, Scan
from services.plans.events import Contributor, Phase
from services.shared.outcomes import Refused
from services.shared.scanning import Verdict, scan
from services.shared.types import stable_id
from tests.plans.household import FATIMA, HENK, STARTED, Household, goal

VAULT = Vault("a secret that is long enough for every test of it")
LETTER = b"%PDF-1.7 a letter of the energy company"


def contact(family: Household, words: str = "Samen de brieven geopend.", **changes: object) -> WriteJournal:
    values: dict[str, object] = {
        "entry_id": stable_id("entry", words),
        "trajectory_id": family.trajectory_id,
        "on": family.today,
        "kind": ContactKind.VISIT,
        "present": (Present.PARENT,),
        "minutes": 45,
        "words": words,
    }
    return WriteJournal(**(values | changes))


async def a_letter(family: Household, document_id: UUID, body: bytes = LETTER) -> AddDocument:
    """A letter, sealed with the family's own key."""
    async with family.database.transaction() as tx:
        trajectory = await store.trajectory(tx, family.trajectory_id)
        assert trajectory is not None
        key = await handlers.family_key(tx, trajectory, VAULT.fresh_key(trajectory.family_id))
    return AddDocument(
        document_id=document_id,
        trajectory_id=family.trajectory_id,
        kind=DocumentKind.LETTER,
        label="Brief van Enexis",
        media_type=PDF,
        size_bytes=len(body),
        scan=Scan.CLEAN,
        sealed=VAULT.seal(key, trajectory.family_id, document_id, body),
    )


async def test_a_contact_is_kept_with_its_words_and_counts_for_the_tandem(family: Household) -> None:
    await family.does(handlers.write_journal, contact(family))

    async with family.database.transaction() as tx:
        [entry] = await journal_store.entries(tx, family.trajectory_id)
        [hours] = await store.hours_of(tx, family.trajectory_id)
    assert (entry.words, entry.present, entry.written_by) == (
        "Samen de brieven geopend.",
        (Present.PARENT,),
        HENK.person,
    )
    assert (hours.contributor, hours.minutes) == (Contributor.PROFESSIONAL, 45)


async def test_the_time_of_the_familys_buddy_counts_as_the_buddys(family: Household) -> None:
    async with family.database.transaction() as tx:
        await handlers.confirm_tandem(
            tx,
            family.trajectory_id,
            tandem_id=stable_id("tandem"),
            supporter_id=HENK.person,
            buddy_id=FATIMA.person,
        )
    await family.does(handlers.write_journal, contact(family), actor=FATIMA)

    async with family.database.transaction() as tx:
        [hours] = await store.hours_of(tx, family.trajectory_id)
    assert hours.contributor is Contributor.BUDDY


async def test_a_contact_that_is_sent_twice_is_kept_once(family: Household) -> None:
    assert await family.does(handlers.write_journal, contact(family)) == Done(changed=True)
    assert await family.does(handlers.write_journal, contact(family)) == Done(changed=False)
    assert await family.does(handlers.write_journal, contact(family), actor=FATIMA) == Refused("id-already-used")

    async with family.database.transaction() as tx:
        [hours] = await store.hours_of(tx, family.trajectory_id)
    assert hours.minutes == 45


@pytest.mark.parametrize(
    ("on", "code"),
    [(STARTED + timedelta(days=1), "in-the-future"), (STARTED - timedelta(days=1), "not-during-the-trajectory")],
)
async def test_a_contact_is_on_a_day_that_was_and_that_the_family_was_here(
    family: Household, on: date, code: str
) -> None:
    assert await family.does(handlers.write_journal, contact(family, on=on)) == Refused(code)


async def test_a_document_opens_for_its_own_family_only(family: Household) -> None:
    document_id = stable_id("letter")
    await family.does(handlers.add_document, await a_letter(family, document_id))
    other = Household(family.database, family="De Boer")
    await other.opens()

    async with family.database.transaction() as tx:
        trajectory = await store.trajectory(tx, family.trajectory_id)
        assert trajectory is not None
        key = await journal_store.sealed_key(tx, trajectory.family_id)
        sealed = await journal_store.sealed_document(tx, family.trajectory_id, document_id)
        assert key is not None
        assert sealed is not None
        assert await journal_store.sealed_document(tx, other.trajectory_id, document_id) is None
    assert LETTER not in sealed
    assert VAULT.open(key, trajectory.family_id, document_id, sealed) == LETTER
    assert VAULT.open(key, trajectory.family_id, stable_id("another letter"), sealed) is None
    assert VAULT.open(key, stable_id("family", "De Boer"), document_id, sealed) is None


async def test_documents_and_their_key_are_erased_with_the_family(family: Household) -> None:
    await family.does(handlers.write_journal, contact(family))
    await family.does(handlers.add_document, await a_letter(family, stable_id("letter")))
    family_id = stable_id("family", family.family)

    async with family.database.transaction() as tx:
        await handlers.erase_texts(tx, [family.trajectory_id], family_id)

    async with family.database.transaction() as tx:
        assert await journal_store.documents(tx, family.trajectory_id) == []
        assert await journal_store.sealed_key(tx, family_id) is None
        assert [each.words for each in await journal_store.entries(tx, family.trajectory_id)] == [None]
        assert await store.personal_texts(tx) == []


async def test_what_was_removed_stays_in_the_history(family: Household) -> None:
    document_id = stable_id("letter")
    await family.does(handlers.add_document, await a_letter(family, document_id))
    command = RemoveDocument(trajectory_id=family.trajectory_id, document_id=document_id)

    assert await family.does(handlers.remove_document, command) == Done(changed=True)
    assert await family.does(handlers.remove_document, command) == Done(changed=False)

    async with family.database.transaction() as tx:
        assert await journal_store.documents(tx, family.trajectory_id) == []
        told = [each.what for each in await journal_store.changes(tx, family.trajectory_id)]
    assert told[:2] == [Change.DOCUMENT_REMOVED, Change.DOCUMENT_ADDED]


async def test_the_history_tells_who_changed_what_latest_first(family: Household) -> None:
    await family.enters(Phase.PLAN)
    await family.drafts(goal("Schulden weg"))
    await family.agrees(1)

    async with family.database.transaction() as tx:
        told = await journal_store.changes(tx, family.trajectory_id)
        earlier = await journal_store.changes(tx, family.trajectory_id, before=told[1].position)
    assert [(each.what, each.by) for each in told] == [
        (Change.PLAN_AGREED, HENK.person),
        (Change.PLAN_DRAFTED, HENK.person),
        (Change.PHASE_ENTERED, None),
        (Change.TRAJECTORY_OPENED, None),
    ]
    assert earlier == told[2:]


@pytest.mark.parametrize("statement", [update(tables.change).values(reason="other"), delete(tables.change)])
async def test_nobody_rewrites_the_history(family: Household, statement: object) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with family.database.transaction() as tx:
            await tx.execute(statement)  # type: ignore[arg-type]  # two kinds of statement

    async with family.database.transaction() as tx:
        assert (await tx.execute(select(tables.change))).all() != []


def _packed(*names: str, **texts: bytes) -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        for name in names:
            packed.writestr(name, texts.get(name, b""))
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (LETTER, PDF),
        (b"\xff\xd8\xff\xe0 a photo", JPEG),
        (b"\x89PNG\r\n\x1a\n a picture", PNG),
        (_packed("mimetype", mimetype=ODT.encode()), ODT),
        (_packed("[Content_Types].xml", "word/document.xml"), DOCX),
        (_packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (_packed("holiday.jpg"), None),
        (b"PK\x03\x04 broken", None),
        (b"MZ a program that is called letter.pdf", None),
        (b"<svg onload='alert(1)'>", None),
        (b"", None),
    ],
)
def test_the_type_of_a_document_is_what_its_content_says(body: bytes, kind: str | None) -> None:
    assert media_type_of(body) == kind


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)", Verdict.INFECTED),
        ("sys.stdin.buffer.read(); exit(0)", Verdict.CLEAN),
        ("sys.stdin.buffer.read(); exit(2)", Verdict.AWAY),
    ],
)
async def test_a_command_says_what_is_infected(script: str, verdict: Verdict, tmp_path: object) -> None:
    file = tmp_path / "scanner.py"  # type: ignore[operator]  # a Path
    file.write_text(f"import sys\n{script}\n")

    assert await scan(f"{sys.executable} {file}", b"an EICAR test") is verdict


async def test_clamd_is_asked_in_its_own_words() -> None:
    heard: list[bytes] = []

    async def clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        while size := int.from_bytes(await reader.readexactly(4)):
            heard.append(await reader.readexactly(size))
        found = b"EICAR" in b"".join(heard)
        writer.write(b"stream: Eicar-Test FOUND\0" if found else b"stream: OK\0")
        writer.close()

    async with await asyncio.start_server(clamd, "127.0.0.1", 0) as door:
        port = door.sockets[0].getsockname()[1]
        assert await scan(f"clamd://127.0.0.1:{port}", b"a letter") is Verdict.CLEAN
        assert await scan(f"clamd://127.0.0.1:{port}", b"x" * 200_000 + b"EICAR") is Verdict.INFECTED
    assert await scan(f"clamd://127.0.0.1:{port}", b"a letter") is Verdict.AWAY


async def test_without_a_scanner_a_document_is_not_scanned() -> None:
    assert await scan(None, LETTER) is Verdict.NOT_SCANNED
