"""Writes the JSON Schema of a programme file, for editors that check while somebody types."""

import json
from pathlib import Path

from programmes.schema import Programme

SCHEMA_FILE = Path(__file__).parent / "schema.json"


def schema_text() -> str:
    """The schema as it is published: made from the models, never by hand."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Programme",
        **Programme.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def publish() -> Path:
    """Write the schema beside the programmes, and say where."""
    SCHEMA_FILE.write_text(schema_text())
    return SCHEMA_FILE
