"""What stands before a municipality's Temporal: TLS, and a key that every call must bring."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from hpack import Decoder, Encoder

from deploy.local.ports import LOOPBACK
from tests.shared.certificates import Certificate

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEAD_BYTES = 9
HEADERS, SETTINGS, CONTINUATION = 1, 4, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
UNAUTHENTICATED = "16"
READ_BYTES = 64 * 1024

Headers = dict[str, str]


class Requests:
    """Reads the headers of every request from a client's HTTP/2 bytes, in whatever pieces they come."""

    def __init__(self) -> None:
        self._unread = b""
        self._begun = False
        self._block = b""
        self._decoder = Decoder()

    def feed(self, piece: bytes) -> Iterator[tuple[int, Headers]]:
        """The requests that this piece completes: the number of the stream, and its headers."""
        self._unread += piece
        if not self._begun:
            if len(self._unread) < len(PREFACE):
                return
            assert self._unread.startswith(PREFACE), "no HTTP/2"
            self._unread, self._begun = self._unread[len(PREFACE) :], True
        while (frame := self._next_frame()) is not None:
            kind, flags, stream, content = frame
            if kind == HEADERS:
                self._block = _without_padding(flags, content)
            elif kind == CONTINUATION:
                self._block += content
            if kind in (HEADERS, CONTINUATION) and flags & END_HEADERS:
                yield stream, {str(name): str(value) for name, value in self._decoder.decode(self._block)}

    def _next_frame(self) -> tuple[int, int, int, bytes] | None:
        end = FRAME_HEAD_BYTES + int.from_bytes(self._unread[:3])
        if len(self._unread) < max(FRAME_HEAD_BYTES, end):
            return None
        frame, self._unread = self._unread[:end], self._unread[end:]
        return frame[3], frame[4], int.from_bytes(frame[5:FRAME_HEAD_BYTES]), frame[FRAME_HEAD_BYTES:]


def _without_padding(flags: int, content: bytes) -> bytes:
    if flags & PADDED:
        content = content[1 : len(content) - content[0]]
    return content[5:] if flags & PRIORITY else content


def _frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + content


class Gate:
    """Passes on to Temporal whoever brings the key; answers others UNAUTHENTICATED, as Temporal's own would."""

    def __init__(self, temporal: str, *, key: str, shows: Certificate) -> None:
        self._temporal = temporal
        self._key = key
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(shows.cert, shows.key)
        self._context.set_alpn_protocols(["h2"])
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.came = asyncio.Event()
        self.passed: list[Headers] = []
        self.refused: list[Headers] = []

    def ask_for_certificate(self, authority: Path) -> None:
        """From now on whoever connects shows a certificate that this authority (a PEM file) signed."""
        self._context.load_verify_locations(authority)
        self._context.verify_mode = ssl.CERT_REQUIRED

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._enter, LOOPBACK, 0, ssl=self._context)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests, waiting, greeting = Requests(), b"", _frame(SETTINGS, 0, 0)
        try:
            while piece := await reader.read(READ_BYTES):
                waiting += piece
                came = list(requests.feed(piece))
                if came and all(self._has_key(headers) for _, headers in came):
                    await self._pass_on(reader, writer, requests, waiting)
                    return
                elif came:
                    writer.write(greeting + _refusals(came))
                    greeting = b""
        except (OSError, ssl.SSLError):
            return
        finally:
            writer.close()

    def _has_key(self, headers: Headers) -> bool:
        knows = headers.get("authorization") == f"Bearer {self._key}"
        (self.passed if knows else self.refused).append(headers)
        self.came.set()
        return knows

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Requests, waiting: bytes
    ) -> None:
        host, _, port = self._temporal.rpartition(":")
        back, forth = await asyncio.open_connection(host, int(port))
        answering = asyncio.create_task(_copy(back, writer))
        try:
            while waiting:
                forth.write(waiting)
                await forth.drain()
                waiting = await reader.read(READ_BYTES)
                if not all(self._has_key(headers) for _, headers in requests.feed(waiting)):
                    return
        finally:
            answering.cancel()
            forth.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(READ_BYTES):
            writer.write(piece)
            await writer.drain()


def _refusals(came: list[tuple[int, Headers]]) -> bytes:
    """An answer of nothing but a status for each request."""
    told = [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", UNAUTHENTICATED),
        ("grpc-message", "key refused"),
    ]
    return b"".join(
        _frame(HEADERS, END_STREAM | END_HEADERS, stream, Encoder().encode([(*each, True) for each in told]))
        for stream, _ in came
    )
