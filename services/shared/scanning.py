"""Asks a virus scanner about what somebody hands in: clamd over its own protocol, or a command."""

import asyncio
from enum import StrEnum
from urllib.parse import urlsplit

from services.shared.logs import logger

SCAN_SECONDS = 30.0
CHUNK_BYTES = 64 * 1024
ANSWER_BYTES_MAX = 4096
INFECTED_EXIT = 1
CLAMD_PORT = 3310

_log = logger(__name__)


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"
    """No scanner is set."""
    AWAY = "away"
    """A scanner is set and gave no answer: nothing is taken in until it does."""


async def scan(scanner: str | None, body: bytes) -> Verdict:
    """What the scanner says. `clamd://host:port` streams to clamd; anything else is a command that reads the body.

    A command answers by its exit code, as clamscan does: 0 clean, 1 infected, any other means that it did not work.
    """
    if scanner is None:
        return Verdict.NOT_SCANNED
    try:
        async with asyncio.timeout(SCAN_SECONDS):
            return await (_clamd(scanner, body) if scanner.startswith("clamd://") else _command(scanner, body))
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        _log.warning("virus scanner gave no answer", exc_info=error)
        return Verdict.AWAY


async def _clamd(address: str, body: bytes) -> Verdict:
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port or CLAMD_PORT)
    try:
        writer.write(b"zINSTREAM\0")
        for start in range(0, len(body), CHUNK_BYTES):
            piece = body[start : start + CHUNK_BYTES]
            writer.write(len(piece).to_bytes(4) + piece)
            await writer.drain()
        writer.write((0).to_bytes(4))
        await writer.drain()
        answer = (await reader.read(ANSWER_BYTES_MAX)).rstrip(b"\0\n")
    finally:
        writer.close()
    if answer.endswith(b"FOUND"):
        return Verdict.INFECTED
    return Verdict.CLEAN if answer.endswith(b"OK") else Verdict.AWAY


async def _command(command: str, body: bytes) -> Verdict:
    process = await asyncio.create_subprocess_exec(
        *command.split(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await process.communicate(body)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return Verdict.CLEAN
    return Verdict.INFECTED if process.returncode == INFECTED_EXIT else Verdict.AWAY
