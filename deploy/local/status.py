"""`status`: what runs, and how it is."""

import argparse
import json
from pathlib import Path
from typing import Any

from deploy.local.state import health, home_folder, read_state, supervisor_of

NOT_RUNNING = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `status`."""
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints how each process is. Exit code 0: all ready; 1: not all; 3: not running."""
    now = current_status(home_folder())
    if arguments.json:
        print(json.dumps(now, indent=1))
    elif not now["running"]:
        print("not running: ./kansen up starts it")
    else:
        print(f"{'ready' if now['ready'] else 'not ready'}: {now['address']}")
        for process in now["processes"]:
            again = f", started again {process['restarts']} times" if process["restarts"] else ""
            troubles = [f"{name}: {answer}" for name, answer in process["checks"].items() if answer != "ok"]
            print(f"  {process['name']:<10} {process['state']}{again}{'; ' + ', '.join(troubles) if troubles else ''}")
    return NOT_RUNNING if not now["running"] else 0 if now["ready"] else 1


def current_status(home: Path) -> dict[str, Any]:
    """running, ready, address, and for each process its name, state, pid, restarts and checks."""
    if supervisor_of(home) is None:
        return {"running": False, "ready": False, "address": None, "processes": []}
    state = read_state(home)
    processes = []
    for name, process in state.get("processes", {}).items():
        port, checks = process["health_port"], {}
        if process["pid"] is None:
            how = "stopped"
        elif port is None:
            how = "ready"
        else:
            ready, answer = health(port)
            checks = answer.get("checks", {})
            how = str(answer.get("status")) if not ready else "ready" if answer.get("status") == "ok" else "degraded"
        processes.append(
            {"name": name, "state": how, "pid": process["pid"], "restarts": process["restarts"], "checks": checks}
        )
    good = bool(processes) and all(process["state"] in ("ready", "degraded") for process in processes)
    return {"running": True, "ready": good, "address": state.get("address"), "processes": processes}
