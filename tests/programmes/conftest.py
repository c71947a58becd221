"""A sixth municipality's programme, written by the test, and a way to spoil a copy of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from programmes.load import read
from programmes.problems import ProgrammeError

SIXTH = Path(__file__).parent / "kansrijk-emmen.toml"

type Spoil = Callable[..., ProgrammeError]


@pytest.fixture
def sixth_text() -> str:
    return SIXTH.read_text()


@pytest.fixture
def refusal(tmp_path: Path, sixth_text: str) -> Spoil:
    """Replaces text in a copy of the sixth programme and hands back why it is refused."""

    def spoil(*replacements: tuple[str, str]) -> ProgrammeError:
        text = sixth_text
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        file = tmp_path / "spoiled.toml"
        file.write_text(text)
        with pytest.raises(ProgrammeError) as refused:
            read(file)
        return refused.value

    return spoil
