"""What the workflows keep themselves: which events the starter has heard."""

from sqlalchemy import MetaData

from services.shared.tables import SharedTables

metadata = MetaData(schema="workflows")
tables = SharedTables(metadata)
