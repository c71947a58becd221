"""The days on which payments leave: so that who asked for money can tell a family when."""

from datetime import date, datetime, timedelta

from programmes.schema import Programme
from services.budget.contracts import PAYMENTS_EVERY_DAYS
from services.shared.calendar import local_date, morning_of, next_working_day


def next_payment_day(programme: Programme, now: datetime) -> date:
    """The first day on which people can let the next batch go: a working day."""
    return next_working_day(next_batch_day(programme, now))


def next_batch_day(programme: Programme, now: datetime) -> date:
    """The day on which the next batch is made; in the morning of such a day it is that day's."""
    today = local_date(now)
    earliest = today if now < morning_of(today) else today + timedelta(days=1)
    late = (earliest - programme.period.start).days
    turns = max(0, -(-late // PAYMENTS_EVERY_DAYS))
    return programme.period.start + timedelta(days=turns * PAYMENTS_EVERY_DAYS)
