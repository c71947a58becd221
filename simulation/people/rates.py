"""How people in the town behave: every rate with a sentence on it. Choices of ours; none is measured."""

REACHED = 0.62
"""An outreach worker who calls or visits reaches the family this often."""

REFUSES_CONTACT = 0.04
"""A family that is reached for the first time says no, and nobody calls again."""

WITHHOLDS_CONSENT = 0.04
"""A family that hears at the intake what consent means does not give it; the intake comes to nothing."""

OPTIONAL_CONSENT = 0.8
"""Consents that the programme can do without are mostly given."""

LATE = 0.12
"""Work is done after its day once in eight times."""

LATE_DAYS = (1, 12)
"""So many days too late."""

FORGOTTEN = 0.01
"""Work that nobody does by itself; an escalation or the workflow's patience ends it."""

FORGOTTEN_DAYS = 200
CONTACT_DAYS = (0, 4)
INTAKE_DAYS = (2, 18)
CHOICE_DAYS = (1, 6)
TRIAL_ROUND_DAYS = (-4, 1)
PLAN_DAYS = (7, 30)
REVIEW_DAYS = (1, 16)
MEASUREMENT_DAYS = (1, 16)
AFTERCARE_DAYS = (0, 9)
PAUSE_TALK_DAYS = (1, 8)
DECISION_DAYS = (0, 3)
SECOND_DECISION_DAYS = (1, 4)
RELEASE_DAYS = (0, 2)
"""How many days after work was asked people do it, when they are not late; a trial is talked over around its end."""

FIRST_CHOICE = 0.82
"""A family mostly takes the tandem that stands first."""

WANTS_NOBODY = 0.07
"""A family declines all that is on offer and waits for the next round."""

TRIAL_FAILS = 0.12
"""One trial in eight ends with: not these two."""

CHANGES_ITS_MIND = 0.15
"""A family thinks some days more before it agrees to its plan."""

THINKING_DAYS = (3, 12)
GOAL_REACHED_AT_REVIEW = 0.3
"""At each review an open goal has been reached this often."""

GOAL_DROPPED_AT_REVIEW = 0.05
READY_AFTER_REVIEWS = 3
READY = 0.35
"""From the third review on, a family is ready to let go this often."""

HOURS_NOISE = 0.35
"""Months differ: hours vary by a third around what the programme expects."""

HOURS_NOT_LOGGED = 0.06
"""A month's hours that are never written down."""

MEASURED_START = 0.35
MEASURED_STEP = 0.06
MEASURED_NOISE = 0.1
"""A family starts at a third of the scale, gains a little with each measurement, and answers with noise."""

ASKS_A_MONTH = 0.32
"""In a month a family asks for something from its budget about once in three."""

ASKS_URGENTLY = 0.15
ASKS_TOO_MUCH = 0.04
"""Somebody asks for more than there is, or more than one request may be."""

TYPICAL_SHARE = (0.04, 0.22)
"""A request is for this share of the family's whole budget."""

LAST_EUROS = 0.35
"""So much of the times that little is left, two members of the household ask for all of it at the same moment."""

LITTLE_LEFT_SHARE = 0.25
TAKES_BACK = 0.04
"""A request is taken back before it is decided."""

REFUSED = 0.07
"""A decider who may decide refuses this often, with a reason."""

BOUNCES = 0.02
"""The bank gives back one payment in fifty."""

BANK_DAYS = (1, 2)
"""The bank answers after one or two working days."""

PAUSES = 0.12
PAUSE_DAYS = (21, 150)
NEVER_RESUMES = 0.15
MOVES_WITHIN = 0.1
MOVES_AWAY = 0.04
STOPS = 0.06
WITHDRAWS_CONSENT = 0.02
WITHDRAWS_OPTIONAL_CONSENT = 0.04
CHANGES_TANDEM = 0.1
"""What befalls a family in its years, once at most each."""

LIFE_DAYS = (40, 600)
"""So many days after it enrolled, something of this befalls a family."""

COMES_BACK = 0.3
COMES_BACK_DAYS = (60, 240)
"""A family that stopped is met again later this often."""

BUDDY_LEAVES_A_YEAR = 0.12
SUPPORTER_LEAVES_A_YEAR = 0.06
REPLACED_AFTER_DAYS = 30
VOG_RENEWED_BEFORE_DAYS = 60
VOG_FORGOTTEN = 0.08
VOG_LASTS_YEARS = 3
"""People come and go; certificates are renewed two months before they end, mostly."""

SAFETY_CONCERN_A_YEAR = 0.02
"""Rarely, somebody fears for a child or a parent; a person looks the same day."""
