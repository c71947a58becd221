"""What the town is made of: shares, ages and numbers, of our own choice, near what is common on low incomes."""

from programmes.schema import IncomeBand

SIGNALS_IN_SHARE_OF_PERIOD = 0.25
"""Families are met in the first part of the period, so that most can finish; some come late and cannot."""

ONE_PARENT = 0.45
"""Nearly half of the families on a minimum income have one parent."""

CHILDREN = {1: 35, 2: 38, 3: 18, 4: 9}
"""How many children a household has, in a hundred households."""

CHILD_AGE_YEARS_MAX = 17
PARENT_AGE_YEARS = (22, 52)
"""Ages in years at the first meeting."""

EXPECTS_A_BIRTH = 0.08
"""A few families expect a child when they are met; in a programme for the first 1,000 days, most do or just had one."""

EXPECTS_A_BIRTH_EARLY_START = 0.45
YOUNG_CHILD_DAYS = (20, 900)
"""The age of the youngest child in days, where a programme is for the first 1,000 days."""

DAYS_TO_BIRTH = (20, 220)

SPEAKS_DUTCH = 0.72
"""The others speak another language first; half of those speak Dutch beside it."""

SPEAKS_DUTCH_TOO = 0.5

INCOME = {IncomeBand.UP_TO_100: 62, IncomeBand.UP_TO_110: 18, IncomeBand.UP_TO_120: 12, IncomeBand.ABOVE_150: 8}
"""Of a hundred households that are met, so many in each band; the last is declined where income counts."""

OUTSIDE_THE_AREAS = 0.04
"""Met here, but living in another municipality."""

URGENT_NEED = 0.25
"""A quarter has something that cannot wait."""

MET_TWICE = 0.06
"""Met again through another channel while it takes part already."""

SPARE_SUPPORTERS = 2
SPARE_BUDDIES = 3
BUDDIES_FOR_FAMILIES = 1.3
"""Buddies are found for nearly a third more families than there are: some are never the right match."""

BUDDY_SPEAKS_OTHER_LANGUAGE = 0.55
VOG_YEARS = (1, 4)
"""A certificate of conduct is from when a buddy started elsewhere, and asked anew when it ends."""
