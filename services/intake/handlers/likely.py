"""Families that are known already and may be the one of an intake: by likeness of people, or by a BSN."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Select, select

from services.intake import store
from services.intake.commands import FindLikelyDuplicates
from services.intake.domain.told import Step, is_empty, read_date
from services.intake.handlers.families import DUPLICATES_MAX, find_likely_duplicates
from services.intake.sealing import Seal
from services.shared.database import Transaction

SAME_NUMBER = 100
"""A BSN is one person's."""


@dataclass(frozen=True, kw_only=True)
class Likely:
    """A family that may be the same: who resembles whom, and how much (0 to 100)."""

    family_id: UUID
    given_name: str
    prefix: str
    surname: str
    birth_date: date
    area: str | None
    score: int
    told_name: str
    """The one in the draft who is alike; empty where the BSN is the same."""


type Known = Select[tuple[UUID]] | None
"""The families among which somebody may look; None for all."""


async def likely_families(tx: Transaction, draft: store.Draft, *, seal: Seal, within: Known = None) -> list[Likely]:
    """Most alike first, each family once, at most DUPLICATES_MAX; from what was typed, whatever is wrong with it."""
    found: dict[UUID, Likely] = {}
    for asked in _people(draft):
        for candidate in await find_likely_duplicates(tx, asked, within=within):
            before = found.get(candidate.family_id)
            if before is not None and before.score >= candidate.score:
                continue
            family = await store.family_by_id(tx, candidate.family_id)
            found[candidate.family_id] = Likely(
                family_id=candidate.family_id,
                given_name=candidate.given_name,
                prefix=candidate.prefix,
                surname=candidate.surname,
                birth_date=candidate.birth_date,
                area=family.area,
                score=candidate.score,
                told_name=" ".join(part for part in (asked.given_name, asked.prefix, asked.surname) if part),
            )
    if draft.bsn is not None:
        for family_id in await _with_number(tx, seal.mark(seal.open(draft.bsn, owner=draft.signal_id)), within):
            if likely := await _by_number(tx, family_id):
                found[family_id] = likely
    return sorted(found.values(), key=lambda each: (-each.score, each.family_id))[:DUPLICATES_MAX]


def _people(draft: store.Draft) -> list[FindLikelyDuplicates]:
    told = draft.told(Step.HOUSEHOLD)
    postcode = "".join(draft.told(Step.CONTACT).get("postcode", "").split()).upper()
    rows = [row for row in told.get("members", []) if not is_empty(row)]
    surname: dict[str, str] = next((row for row in rows if row.get("surname")), {})
    people = []
    for row in rows:
        birth_date = read_date(row.get("birth_date", ""))
        name = row if row.get("surname") else surname
        values = {
            "given_name": row.get("given_name", ""),
            "prefix": name.get("prefix", ""),
            "surname": name.get("surname", ""),
            "birth_date": birth_date,
        }
        for known in ({"postcode": postcode}, {}):
            try:
                people.append(FindLikelyDuplicates.model_validate(values | known))
                break
            except ValidationError:
                continue
    return people


async def _with_number(tx: Transaction, mark: bytes, within: Known) -> list[UUID]:
    number, family = store.citizen_number, store.family
    query = (
        select(number.c.family_id)
        .join(family, family.c.id == number.c.family_id)
        .where(number.c.mark == mark, family.c.merged_into.is_(None), family.c.erased_at.is_(None))
    )
    if within is not None:
        query = query.where(number.c.family_id.in_(within))
    return list((await tx.execute(query.limit(DUPLICATES_MAX))).scalars())


async def _by_number(tx: Transaction, family_id: UUID) -> Likely | None:
    members = await store.members(tx, family_id)
    if not members:
        return None
    family = await store.family_by_id(tx, family_id)
    first = members[0]
    return Likely(
        family_id=family_id,
        given_name=first.given_name,
        prefix=first.prefix,
        surname=first.surname,
        birth_date=first.birth_date,
        area=family.area,
        score=SAME_NUMBER,
        told_name="",
    )
