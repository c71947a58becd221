"""Which purposes a programme cannot do without."""

from collections.abc import Mapping

from programmes.schema import Programme
from services.shared.types import Code

GIVEN = "given"
REFUSED = "refused"
WITHDRAWN = "withdrawn"


def required_purposes(programme: Programme) -> frozenset[Code]:
    """The purposes without which the programme cannot work with a family."""
    return frozenset(purpose.code for purpose in programme.intake.consents if purpose.required)


def missing_consents(programme: Programme, answers: Mapping[Code, str]) -> tuple[Code, ...]:
    """The required purposes to which the family's last answer is not a yes, in the programme's order."""
    required = required_purposes(programme)
    return tuple(
        purpose.code
        for purpose in programme.intake.consents
        if purpose.code in required and answers.get(purpose.code) != GIVEN
    )
