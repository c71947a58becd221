"""`up` in the foreground with small processes instead of the services: for tests of Ctrl-C."""

import argparse
import sys
from pathlib import Path

from deploy.local import up
from deploy.local.programs import Program

SMALL = str(Path(__file__).parent / "small_process.py")
PROGRAMS = (Program("budget", (SMALL,)), Program("front", (SMALL,), is_front=True))

parser = argparse.ArgumentParser()
up.add_arguments(parser)
sys.exit(up.run(parser.parse_args(), programs=PROGRAMS))
