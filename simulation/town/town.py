"""The whole town."""

from dataclasses import dataclass
from uuid import UUID

from stdnum import iban

from programmes.schema import Programme, Spender
from services.budget.commands import RegisterPayee
from services.matching.commands import RegisterPerson
from simulation.town.chance import Chance
from simulation.town.households import Household, households
from simulation.town.names import place_of
from simulation.town.workers import Worker, buddies, staff, supporters

TEST_BANK = "TEST"
EXECUTOR = "executor"


@dataclass(frozen=True)
class Town:
    """Families, workers, supporters and buddies, and the organisations that are paid."""

    households: tuple[Household, ...]
    workers: tuple[Worker, ...]
    supporters: tuple[RegisterPerson, ...]
    buddies: tuple[RegisterPerson, ...]
    payees: dict[str, RegisterPayee]
    """By category, and `executor` for who carries out the programme."""


def build_town(programme: Programme, chance: Chance, families: int) -> Town:
    """The town of a seed, with enough people for so many families."""
    working = supporters(programme, chance, families)
    return Town(
        households=households(programme, chance, families),
        workers=staff(programme, chance, working),
        supporters=working,
        buddies=buddies(programme, chance, families),
        payees=payees_of(programme, chance),
    )


def payees_of(programme: Programme, chance: Chance) -> dict[str, RegisterPayee]:
    """A shop or organisation for each category that families spend on, and the programme's executor."""
    spent_on = [category for category in programme.categories if category.spender is Spender.FAMILY]
    names = {category.code: f"Winkel {category.name}" for category in spent_on}
    names[EXECUTOR] = "Uitvoering van het programma"
    return {
        code: RegisterPayee(
            payee_id=_payee_id(programme, chance, code),
            name=name,
            iban=_iban(chance, code),
            town=place_of(programme.territory.code)[0],
        )
        for code, name in names.items()
    }


def _payee_id(programme: Programme, chance: Chance, code: str) -> UUID:
    return chance.identifier(programme.id, "payee", code)


def _iban(chance: Chance, code: str) -> str:
    """An account at a bank that does not exist, with a right checksum."""
    number = f"{TEST_BANK}{chance.stream('iban', code).randint(0, 9_999_999_999):010d}"
    return f"NL{iban.calc_check_digits('NL00' + number)}{number}"
