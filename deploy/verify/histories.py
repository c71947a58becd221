"""Histories are as they were sealed: nobody changed, removed or put in a row afterwards."""

from deploy.services import part_of
from deploy.verify.books import Books
from deploy.verify.findings import Checked
from deploy.verify.messages import owners_with_tables
from services.shared.seals import broken_seals, seal_key
from services.shared.tables import SharedTables


async def check_histories(books: Books) -> Checked:
    """Every seal of every service, with the key that only the installation has."""
    key = seal_key(books.settings.secret.get_secret_value())
    wrong: list[str] = []
    counts = {"seals": 0, "rows": 0}
    for schema in owners_with_tables():
        tables: SharedTables = part_of(schema, "store").tables  # type: ignore[union-attr]  # it has one, or is no owner
        if not tables.histories:
            continue
        counts["seals"] += await books.count(f"SELECT count(*) FROM {schema}.seal")
        counts["rows"] += await books.count(f"SELECT coalesce(sum(rows), 0) FROM {schema}.seal")
        wrong += await broken_seals(books.connection, tables, key)
    return Checked(check="histories", counts=counts, wrong=tuple(wrong))
