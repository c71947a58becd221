"""A municipality's own programme is lived through on the whole real stack, and killing processes changes nothing."""

from pathlib import Path

import pytest

from deploy.verify.findings import Finding
from simulation.command import simulate
from simulation.kills import Kill
from simulation.report.figures import Machine, Outcome
from simulation.run import Asked

pytestmark = [pytest.mark.engines, pytest.mark.timeout(280)]

VILLAGE = Path(__file__).parent / "kansrijk-dorp.toml"
FAMILIES, SEED = 12, 3
KILLED = (
    *("intake@33", "budget@33"),
    *("workflows@61", "plans@61"),
    "connections@75",
    *("matching@95", "monitor@95", "desk@95"),
)

Simulated = tuple[Outcome, Machine, list[Finding]]


def _asked(folder: Path, kills: tuple[Kill, ...] = ()) -> Asked:
    file = folder / "programmes" / "kansrijk-dorp" / "1.toml"
    file.parent.mkdir(parents=True)
    file.write_text(VILLAGE.read_text())
    return Asked(
        programme="kansrijk-dorp",
        families=FAMILIES,
        seed=SEED,
        home=folder / "home",
        kills=kills,
        programmes_dir=folder / "programmes",
    )


@pytest.fixture(scope="module")
async def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """One run in which nothing is killed."""
    return await simulate(_asked(tmp_path_factory.mktemp("village")))


async def test_a_programme_that_no_code_knows_of_is_lived_to_its_end_with_everybody_accounted_for(
    undisturbed: Simulated,
) -> None:
    outcome, machine, wrong = undisturbed
    assert wrong == []
    assert sum(outcome.families_by_outcome.values()) == FAMILIES
    assert outcome.figures.enrolled.count
    assert {source.share_weight for source in outcome.balance.sources} == {5, 3, 2}
    assert outcome.balance.spent_cents > 0
    assert machine.events.published > 0
    assert machine.restarts == {}


async def test_killed_consumers_relays_workers_and_connections_change_nothing_in_the_outcome(
    undisturbed: Simulated, tmp_path: Path
) -> None:
    kills = tuple(Kill(what, int(day)) for what, _, day in (killed.partition("@") for killed in KILLED))
    outcome, machine, wrong = await simulate(_asked(tmp_path, kills))
    assert wrong == []
    assert set(machine.restarts) == {kill.what for kill in kills} - {"connections"}
    before, after = undisturbed[0].model_dump(mode="json"), outcome.model_dump(mode="json")
    assert {part: (before[part], after[part]) for part in before if before[part] != after[part]} == {}
    assert outcome.digest == undisturbed[0].digest
