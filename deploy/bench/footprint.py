"""What a family-year weighs in durable steps, and how many of them are lived in a second: measured by a simulation."""

import asyncio
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from simulation.command import simulate
from simulation.run import Asked

PROGRAMME = "kansen-voor-kinderen-groningen"
SEED = 7


def footprint(home: Path, *, families: int) -> dict[str, Any]:
    """Live through a whole programme and weigh it. Raises ValueError when its audit finds something wrong."""
    asked = Asked(programme=PROGRAMME, families=families, seed=SEED, home=home)
    with redirect_stdout(sys.stderr):
        _, machine, wrong = asyncio.run(simulate(asked))
    if wrong:
        raise ValueError(f"the simulated years do not hold: {wrong[0].text}")
    total, own = machine.footprint.total, machine.footprint.of_families
    return {
        "simulated_families": families,
        "simulated_family_years": machine.family_years,
        "history_events_per_family_year": machine.a_family_year(total.history_events),
        "history_events_per_family_year_of_its_own": machine.a_family_year(own.history_events),
        "history_bytes_per_family_year": machine.a_family_year(total.history_bytes),
        "billable_actions_per_family_year": machine.a_family_year(total.actions),
        "billable_actions_per_family_year_of_its_own": machine.a_family_year(own.actions),
        "simulated_family_years_per_second": machine.family_years / machine.wall_seconds,
    }
