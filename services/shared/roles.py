"""The roles a person can have; what a role may do stands with each route and in each programme's mandates."""

from enum import StrEnum


class Role(StrEnum):
    OUTREACH_WORKER = "outreach-worker"
    SUPPORTER = "supporter"
    TEAM_COORDINATOR = "team-coordinator"
    MATCHER = "matcher"
    BUDDY = "buddy"
    BUDGET_HOLDER = "budget-holder"
    PAYMENT_RELEASER = "payment-releaser"
    CONTROLLER = "controller"
    PROGRAMME_MANAGER = "programme-manager"
    PRIVACY_OFFICER = "privacy-officer"
    ADMINISTRATOR = "administrator"
    FAMILY_MEMBER = "family-member"
