"""Files of a machine, as guacd shows them to the owner of a connection: RDP's drive, SFTP beside SSH or VNC.

Guacamole protocol reference, "Object instructions". Each blob is acknowledged before the next one comes, so
one of them is all that is ever held. guacd does not answer a `get` of what is not there: hence the time-outs.
"""

import asyncio
import base64
import binascii
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Final

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.prompts import BLOB_BYTES
from beamdesk.codecs.guac.status import Status
from beamdesk.gateway.upstreams.guacd.file_names import FOLDER_TYPE, Entry, checked_path, entries_of
from beamdesk.gateway.upstreams.guacd.file_streams import FilesFailed, Incoming, Outgoing
from beamdesk.gateway.upstreams.guacd.loan import FIRST_OWN_STREAM
from beamdesk.gateway.upstreams.streams import ByteStream

__all__ = ["Download", "RemoteFiles"]

ANSWER_SECONDS: Final = 10.0
"""For each answer of guacd's, behind which there may be a slow disk or network."""

MOST_AT_ONCE: Final = 8
"""Transfers of one desktop at the same time: more would only share the same disk and line."""

_STREAMS: Final = range(FIRST_OWN_STREAM, 63)
"""Those below are a viewer's; prompts are answered on the last one of guacd's 64."""

LARGEST_LISTING: Final = 8 * 1024 * 1024
"""Bytes of a folder's listing: some fifty thousand names."""


class Download:
    """One file on its way from the machine."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content in pieces of some kilobytes; raises `FilesFailed`.

        guacd sends the next one when the last one was taken: who is slow holds up nobody but himself.
        """
        self._incoming.acknowledge()
        while (chunk := await self._incoming.next_chunk(ANSWER_SECONDS)) is not None:
            yield chunk
            self._incoming.acknowledge()


class RemoteFiles:
    """The owner's view of the machine's file systems. Objects are numbered by guacd."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._names: dict[int, str] = {}
        self._asked: defaultdict[tuple[int, str], deque[asyncio.Future[Incoming]]] = defaultdict(deque)
        self._incoming: dict[int, Incoming] = {}
        self._outgoing: dict[int, Outgoing] = {}
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._closed = False

    @property
    def names(self) -> Mapping[int, str]:
        """The file systems that there are."""
        return MappingProxyType(self._names)

    @property
    def expecting(self) -> bool:
        """Whether `receive` has to see what guacd says."""
        return bool(self._asked or self._incoming or self._outgoing)

    async def folder(self, index: int, path: str) -> list[Entry]:
        """What is in a folder; raises `FilesFailed`."""
        listing = bytearray()
        async with self.download(index, path, mimetype=FOLDER_TYPE) as download:
            async for chunk in download.chunks():
                listing += chunk
                if len(listing) > LARGEST_LISTING:
                    raise FilesFailed.refused("This folder has too many entries.")
        try:
            return entries_of(json.loads(listing), checked_path(path))
        except ValueError as error:
            raise FilesFailed.refused("This folder cannot be read.") from error

    @asynccontextmanager
    async def download(
        self, index: int, path: str, *, mimetype: str | None = None
    ) -> AsyncIterator[Download]:
        """A file, or with the *mimetype* of listings a folder; raises `FilesFailed`."""
        path = checked_path(path)
        self._check(index)
        async with self._slots:
            incoming = await self._get(index, path)
            try:
                if (incoming.mimetype == FOLDER_TYPE) != (mimetype == FOLDER_TYPE):
                    raise FilesFailed.not_found(path)
                yield Download(incoming)
            finally:
                if not incoming.ended:
                    incoming.refuse()
                self._incoming.pop(incoming.stream, None)

    async def upload(
        self,
        index: int,
        path: str,
        content: AsyncIterable[bytes],
        *,
        mimetype: str = "application/octet-stream",
    ) -> int:
        """Write a file, which replaces one of that name; the bytes written. Raises `FilesFailed`.

        The file is whole and closed then. What was written stays when it is broken off: guacd cannot remove
        files.
        """
        path = checked_path(path)
        self._check(index)
        async with self._slots:
            number = self._free_stream()
            outgoing = self._outgoing[number] = Outgoing()
            try:
                self._send("put", index, number, mimetype, path)
                await outgoing.accepted(ANSWER_SECONDS)
                written = await self._write(number, outgoing, content)
                self._end(number, outgoing)
                await outgoing.accepted(ANSWER_SECONDS)
                return written
            finally:
                self._end(number, outgoing)
                outgoing.was_left = True
                if outgoing.settled:
                    del self._outgoing[number]

    def appeared(self, index: str, name: str) -> None:
        """There is a file system more."""
        if index.isdigit():
            self._names[int(index)] = name

    def receive(self, run: bytes) -> None:
        """Look through some whole instructions for what is meant for us."""
        decoder = InstructionDecoder()
        decoder.receive(run)
        for instruction in decoder:
            self._take(instruction)

    def refuse_body(self, stream: str) -> None:
        """Something comes for which nobody waits any more."""
        self._send("ack", stream, "Nobody waits for it", Status.RESOURCE_CLOSED)

    def close(self) -> None:
        """The connection is over, and with it all that is under way."""
        self._closed = True
        for waiting in self._asked.values():
            for future in waiting:
                if not future.done():
                    future.set_exception(FilesFailed.gone())
        for incoming in self._incoming.values():
            incoming.fail(FilesFailed.gone())
        for outgoing in self._outgoing.values():
            outgoing.fail(FilesFailed.gone())

    async def _get(self, index: int, path: str) -> Incoming:
        future: asyncio.Future[Incoming] = asyncio.get_running_loop().create_future()
        key = index, path
        self._asked[key].append(future)
        self._send("get", index, path)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await future
        except TimeoutError:
            raise FilesFailed.not_found(path) from None
        finally:
            self._asked[key].remove(future)
            if not self._asked[key]:
                del self._asked[key]

    async def _write(self, number: int, outgoing: Outgoing, content: AsyncIterable[bytes]) -> int:
        written = 0
        async for piece in content:
            for start in range(0, len(piece), BLOB_BYTES):
                blob = piece[start : start + BLOB_BYTES]
                outgoing.expect()
                self._send("blob", number, base64.b64encode(blob).decode())
                await outgoing.accepted(ANSWER_SECONDS)
                written += len(blob)
        return written

    def _end(self, number: int, outgoing: Outgoing) -> None:
        """Close the file, unless that was said already or guacd has closed it by itself."""
        if not (outgoing.ending or outgoing.refused):
            outgoing.ending = True
            outgoing.expect()
            self._send("end", number)

    def _acknowledged(self, number: int, outgoing: Outgoing, status: Status, message: str) -> None:
        outgoing.acknowledged(status, message)
        if outgoing.was_left and outgoing.settled:
            del self._outgoing[number]

    def _free_stream(self) -> int:
        """One that no answer is to come for: it would be taken for the answer to the next upload."""
        for number in _STREAMS:
            if number not in self._outgoing:
                return number
        raise FilesFailed.stuck()

    def _check(self, index: int) -> None:
        if self._closed:
            raise FilesFailed.gone()
        if index not in self._names:
            raise FilesFailed.not_found(f"file system {index}")

    def _take(self, instruction: Instruction) -> None:
        match instruction.opcode, instruction.arguments:
            case "body", (index, stream, mimetype, name, *_):
                self._begin(int(index), int(stream), mimetype, name)
            case "blob", (stream, encoded) if incoming := self._incoming.get(int(stream)):
                try:
                    incoming.take(base64.b64decode(encoded, validate=True))
                except binascii.Error:
                    incoming.fail(FilesFailed.refused("guacd sent something else than a file."))
            case "end", (stream, *_) if incoming := self._incoming.get(int(stream)):
                incoming.end()
            case "ack", (stream, message, status, *_) if outgoing := self._outgoing.get(int(stream)):
                self._acknowledged(int(stream), outgoing, Status.parse(status), message)
            case _:
                pass

    def _begin(self, index: int, stream: int, mimetype: str, name: str) -> None:
        waiting = [future for future in self._asked.get((index, name), ()) if not future.done()]
        if not waiting:
            self.refuse_body(str(stream))
            return
        incoming = self._incoming[stream] = Incoming(
            stream, mimetype, lambda status, text: self._send("ack", stream, text, status)
        )
        waiting[0].set_result(incoming)

    def _send(self, opcode: str, *arguments: str | int) -> None:
        if not self._closed:
            self._stream.send(Instruction.of(opcode, *arguments).encode())
