"""What is sealed stays sealed, what is logged names nobody, and who asks is who they say."""

import json
import logging
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import Payload

from services.shared.access import Actor, issue_token, read_token
from services.shared.codec import EncryptingCodec
from services.shared.logs import configure_logs, logger
from services.shared.roles import Role
from services.shared.secrets import derive, derive_key
from services.shared.trace import current_trace_id, current_traceparent, trace

SECRET = "a secret of a test, long enough to be one"
NOON = datetime(2024, 3, 29, 12, 0, tzinfo=UTC)


async def test_a_sealed_payload_shows_nothing_and_opens_again() -> None:
    codec = EncryptingCodec({"1": derive_key(SECRET, "temporal/1")}, "1")
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"envelope"')
    [sealed] = await codec.encode([plain])
    assert b"envelope" not in sealed.SerializeToString()
    assert await codec.decode([sealed]) == [plain]
    assert await codec.decode([plain]) == [plain], "what was written before encryption is still read"


async def test_histories_of_an_old_key_are_read_after_the_key_has_changed() -> None:
    old, new = derive_key(SECRET, "temporal/1"), derive_key(SECRET, "temporal/2")
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    [sealed] = await EncryptingCodec({"1": old}, "1").encode([plain])
    assert await EncryptingCodec({"1": old, "2": new}, "2").decode([sealed]) == [plain]
    with pytest.raises(ValueError, match="no key named 1"):
        await EncryptingCodec({"2": new}, "2").decode([sealed])


def test_each_purpose_has_its_own_secret() -> None:
    assert derive(SECRET, "database/budget") != derive(SECRET, "database/plans")
    assert derive(SECRET, "database/budget") == derive(SECRET, "database/budget")


def test_an_error_in_the_log_quotes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    try:
        configure_logs("budget")
        with trace("00-" + "a" * 32 + "-" + "b" * 16 + "-01"):
            try:
                raise KeyError("Sanne de Vries, Korreweg 12")
            except KeyError as error:
                logger("services.budget").warning("failed", exc_info=error)
        entry = json.loads(capsys.readouterr().out)
    finally:
        logging.getLogger().handlers = handlers
        logging.getLogger().setLevel(level)
    assert "Sanne" not in json.dumps(entry)
    assert (entry["error"], entry["trace"], entry["process"]) == ("builtins.KeyError", "a" * 32, "budget")


def test_a_trace_goes_on_and_rubbish_starts_a_new_one() -> None:
    with trace("00-" + "c" * 32 + "-" + "d" * 16 + "-01") as inner:
        assert current_trace_id() == "c" * 32
        assert inner.split("-")[2] != "d" * 16, "a span of its own"
        assert current_traceparent() == inner
    with trace("<script>"):
        assert len(current_trace_id() or "") == 32
    assert current_trace_id() is None


def test_a_token_names_one_person_for_a_while() -> None:
    actor = Actor(person=uuid4(), roles=frozenset({Role.SUPPORTER, Role.MATCHER}))
    token = issue_token(SECRET, actor, now=NOON, life=timedelta(hours=1))
    assert read_token(SECRET, token, now=NOON + timedelta(minutes=59)) == actor
    assert read_token(SECRET, token, now=NOON + timedelta(minutes=62)) is None, "expired"
    assert read_token(SECRET, token, now=NOON - timedelta(minutes=5)) is None, "not yet issued"
    assert read_token("another secret that is also long enough", token, now=NOON) is None, "forged"
    header, claims, signature = token.split(".")
    assert read_token(SECRET, f"{header}.{claims}.{signature[::-1]}", now=NOON) is None
    assert read_token(SECRET, f"eyJhbGciOiJub25lIn0.{claims}.", now=NOON) is None, "an unsigned token is no token"
    assert read_token(SECRET, "rubbish", now=NOON) is None
