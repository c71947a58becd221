"""Every bound that workflows keep to, in one place."""

from datetime import timedelta

from temporalio.common import RetryPolicy

TASK_QUEUE = "workflows"

ACTIVITY_SECONDS = timedelta(seconds=10)
"""One attempt of one step in a service."""

ACTIVITY_TOGETHER = timedelta(days=60)
"""All attempts of one step: an outage of weeks delays a family's trajectory, and never ends it."""

RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=0.2), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=30)
)

RPC_SECONDS = timedelta(seconds=10)
"""How long the starter waits for Temporal before the event is left to be tried again."""

HEALTH_SECONDS = timedelta(seconds=3)
"""How long Temporal may take to say that it is there, once something was not answered."""

LATE_ESCALATE_WORKING_DAYS = 5
LATE_GIVE_UP_WORKING_DAYS = 15
"""Counted from the day on which a contact or an intake was due."""

CYCLES_AFTER_MORNING = timedelta(minutes=30)
"""A programme's own turns come after what families' dates bring that morning: who leaves at nine is not matched."""

AFTERCARE_PATIENCE_DAYS = 28
"""A call that was not made by then is passed over."""

MONTHS_A_RUN = 12
"""A long-lived workflow goes on as new each year, so that it comes to run on current code."""

FACTS_REMEMBERED = 32
"""An event that is told twice is heard once, also when the workflow went on as new in between."""

DUE_WITHIN = timedelta(days=14)
"""A review or measurement that has fallen due is asked with so much time to make an appointment for it."""

DUE_PAGE = 100
DUE_PAGES = 20
ERASE_PAGE = 50
ERASE_PAGES = 20
REVIEWS_EVERY_DAYS = 14
"""Reviews and measurements come round in months; looking each week would be a tenth of all durable steps."""

RETENTION_EVERY_MONTHS = 1

BATCH_PAYMENTS = 500
BATCHES_A_RUN = 10
PAYMENTS_AFTER_END_DAYS = 60
"""Payments that were approved at the end, or bounced, are still made."""
