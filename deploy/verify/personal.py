"""What identifies a family stands in intake and nowhere else; its own words stand in plans and nowhere else."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from deploy.services import part_of
from deploy.verify.books import Books
from deploy.verify.findings import Checked
from deploy.verify.search import LENGTH_MIN, Needles
from programmes.load import directory_in_use

FILES_BYTES_MAX = 2 * 1024**3
ROWS_AT_ONCE = 500
SHARED_TABLES = ("outbox", "inbox", "parked", "step", "subject_sequence")
"""These are searched in every schema, also where the data belongs: what stands here leaves the service."""
NOT_SEARCHED = {"postgres", "simulation", "secret", "settings.toml"}
"""In a home: the database itself (searched table by table), another home, and what holds only credentials."""


@dataclass(frozen=True)
class Kind:
    """Values that belong in some schemas only."""

    what: str
    needles: Needles
    belongs_in: frozenset[str]


@dataclass(frozen=True)
class TextColumn:
    schema: str
    table: str
    column: str

    @property
    def name(self) -> str:
        return f"{self.schema}.{self.table}.{self.column}"


async def check_personal_data(books: Books, home: Path) -> Checked:
    """Search every text column of other services, and the files of a home, for what intake and plans know.

    Only places and numbers are told, never a value.
    """
    kinds = await _kinds(books)
    columns = await _columns(books)
    wrong: list[str] = []
    for column in columns:
        wanted = [kind for kind in kinds if column.schema not in kind.belongs_in or column.table in SHARED_TABLES]
        wrong += await _search_column(books, column, wanted)
    files, complete = _files(home)
    for file in files:
        wrong += _search_file(home, file, kinds)
    counts = {kind.what: len(kind.needles) for kind in kinds} | {"columns": len(columns), "files": len(files)}
    note = f"values under {LENGTH_MIN} characters and words of the programmes themselves are not looked for"
    if not complete:
        note += f"; only the first {FILES_BYTES_MAX} bytes of files were searched"
    return Checked(check="personal data", counts=counts, wrong=tuple(wrong), note=note)


async def _kinds(books: Books) -> list[Kind]:
    vocabulary = "\n".join(file.read_text() for file in sorted(directory_in_use().glob("*/*.toml")))
    intake, plans = part_of("intake", "store"), part_of("plans", "store")
    if intake is None or plans is None:
        raise RuntimeError("intake and plans are not part of this version")
    values: Sequence[str] = await intake.personal_values(books.as_service(intake.tables))
    texts: Sequence[str] = await plans.personal_texts(books.as_service(plans.tables))
    return [
        # A family may name itself in its own words, so that its names may stand in plans too.
        Kind("names, addresses and numbers", Needles(values, vocabulary), frozenset({"intake", "plans"})),
        Kind("own words", Needles(texts, vocabulary), frozenset({"plans"})),
    ]


async def _columns(books: Books) -> list[TextColumn]:
    """Every column that could hold text, in every schema of ours."""
    rows = await books.rows(
        "SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema') AND t.table_type = 'BASE TABLE'"
        " AND c.udt_name IN ('text', 'varchar', 'bpchar', 'bytea', 'json', 'jsonb', '_text', '_varchar')"
        " ORDER BY 1, 2, 3"
    )
    return [TextColumn(*row) for row in rows]


async def _search_column(books: Books, column: TextColumn, kinds: list[Kind]) -> list[str]:
    found: dict[str, set[bytes]] = {kind.what: set() for kind in kinds}
    # The names come from the database's own catalogue.
    query = text(
        f'SELECT "{column.column}" FROM "{column.schema}"."{column.table}" WHERE "{column.column}" IS NOT NULL'
    )
    result = await books.connection.stream(query)
    async for rows in result.partitions(ROWS_AT_ONCE):
        content = b"\n".join(row[0] if isinstance(row[0], bytes) else str(row[0]).encode() for row in rows)
        for kind in kinds:
            found[kind.what] |= kind.needles.in_text(content)
    return [f"{column.name}: {len(values)} {what}" for what, values in found.items() if values]


def _files(home: Path) -> tuple[list[Path], bool]:
    """The files of a home that are searched, the smallest first, and whether FILES_BYTES_MAX is enough for all."""
    sizes = {}
    for part in home.iterdir() if home.is_dir() else ():
        if part.name not in NOT_SEARCHED:
            for file in (part, *part.rglob("*")):
                # A running broker removes files of its own while we look.
                with suppress(FileNotFoundError):
                    if file.is_file() and not file.is_symlink():
                        sizes[file] = file.stat().st_size
    chosen: list[Path] = []
    total = 0
    for file in sorted(sizes, key=lambda file: (sizes[file], file)):
        total += sizes[file]
        if total > FILES_BYTES_MAX:
            return chosen, False
        chosen.append(file)
    return chosen, True


def _search_file(home: Path, file: Path, kinds: list[Kind]) -> list[str]:
    try:
        found = {kind.what: kind.needles.in_file(file) for kind in kinds}
    except FileNotFoundError:
        return []
    return [f"{file.relative_to(home)}: {len(values)} {what}" for what, values in found.items() if values]
