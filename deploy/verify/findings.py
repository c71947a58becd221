"""What an audit says: for each check what was counted, and what is wrong."""

from dataclasses import dataclass, field

SHOWN_MAX = 5


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it must be."""

    check: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One check: what it looked at, in numbers, what it could not look at (`note`), and what it found."""

    check: str
    counts: dict[str, int] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    note: str = ""

    @property
    def findings(self) -> list[Finding]:
        return [Finding(check=self.check, text=text) for text in self.wrong]


def several(what: str, things: list[str], total: int | None = None) -> list[str]:
    """One line for any number of the same fault: how many, and the first few by name. No line for none."""
    count = len(things) if total is None else total
    if not count:
        return []
    shown = ", ".join(things[:SHOWN_MAX])
    return [f"{what}: {count} ({shown}{', ...' if count > SHOWN_MAX else ''})"]
