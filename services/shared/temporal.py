"""Temporal as it must be used: typed payloads, encrypted, and effects that happen once."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import delete, func, insert, select
from temporalio import activity
from temporalio.client import Client, HeaderCodecBehavior, TLSConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.worker import Worker

from services.shared.build import build_id
from services.shared.codec import EncryptingCodec
from services.shared.database import Database, Transaction
from services.shared.secrets import derive_key
from services.shared.settings import Settings
from services.shared.temporal_reach import told_why
from services.shared.temporal_trace import TraceInterceptor

CODEC_KEY = "1"
ACTIVITIES_AT_ONCE = 16
GRACEFUL_STOP = timedelta(seconds=8)
KEEP_STEPS = timedelta(days=90)


def data_converter(secret: str) -> DataConverter:
    """Pydantic's types in, ciphertext out; failure messages and stack traces are encrypted too."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptingCodec({CODEC_KEY: derive_key(secret, f"temporal/{CODEC_KEY}")}, CODEC_KEY),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """A client of the Temporal that the settings name; `lazy` puts the connection off until its first call.

    Raises a TemporalError where it is known why the server cannot be used.
    """
    api_key = settings.temporal_api_key
    with told_why():
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=data_converter(settings.secret.get_secret_value()),
            interceptors=[TraceInterceptor()],
            # A header holds a trace and nothing else: in plain text an operator finds a log line's trace in a history.
            header_codec_behavior=HeaderCodecBehavior.NO_CODEC,
            tls=_tls(settings),
            api_key=api_key.get_secret_value() if api_key else None,
            lazy=lazy,
        )


def _tls(settings: Settings) -> TLSConfig | Literal[False]:
    """How the connection is sealed: the system's authorities without `temporal_tls_ca`, no certificate of our own
    without `temporal_tls_cert`; plain unless `temporal_tls`.
    """
    if not settings.temporal_tls:
        return False
    authority, certificate, key = (
        path.read_bytes() if path else None
        for path in (settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key)
    )
    return TLSConfig(server_root_ca_cert=authority, client_cert=certificate, client_private_key=key)


def activity_worker(client: Client, task_queue: str, activities: object) -> Worker:
    """A worker for every activity that an object defines."""
    defined = [
        method
        for name in dir(activities)
        if not name.startswith("_") and hasattr(method := getattr(activities, name), "__temporal_activity_definition")
    ]
    return Worker(
        client,
        task_queue=task_queue,
        activities=defined,
        build_id=build_id(),
        max_concurrent_activities=ACTIVITIES_AT_ONCE,
        graceful_shutdown_timeout=GRACEFUL_STOP,
    )


_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """One adapter for each result type; there are as many as there are activities."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


async def once[R](database: Database, result: type[R], effect: Callable[[Transaction, datetime], Awaitable[R]]) -> R:
    """Run an activity's effect exactly once for each scheduled activity, however often Temporal attempts it.

    The result is recorded in the effect's own transaction under (run, activity); a further attempt gets that record.
    Two attempts at the same time: the second fails on the record's key, is rolled back, and its retry finds it.
    `now` is the time at which the activity was scheduled: virtual where time is.
    """
    info = activity.info()
    now = info.scheduled_time
    step = database.tables.step
    key = f"{info.workflow_run_id}/{info.activity_id}"
    async with database.transaction() as tx:
        taken = (await tx.execute(select(step.c.result).where(step.c.key == key))).first()
        if taken is not None:
            recorded: R = _adapter(result).validate_json(taken.result)
            return recorded
        value = await effect(tx, now)
        await tx.execute(insert(step).values(key=key, result=_adapter(result).dump_json(value)))
    return value


async def delete_old_steps(database: Database) -> int:
    """Delete records of steps taken longer ago than KEEP_STEPS; gives the number of rows."""
    step = database.tables.step
    async with database.connection() as connection:
        old = func.clock_timestamp() - KEEP_STEPS
        return (await connection.execute(delete(step).where(step.c.taken_at < old))).rowcount
