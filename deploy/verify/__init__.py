"""Audits a stack: every euro, event, record and process accounted for, personal data only where it belongs."""

from deploy.verify.auditing import audit, checked
from deploy.verify.command import add_arguments, run
from deploy.verify.findings import Checked, Finding

__all__ = ["Checked", "Finding", "add_arguments", "audit", "checked", "run"]
