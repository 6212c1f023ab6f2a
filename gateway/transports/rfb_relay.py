"""One viewer of the RFB lane: between its WebSocket and its connection to the desktop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import WebSocketError, WSMsgType, web

from beamdesk.codecs.rfb.client_messages import ClientMessages
from beamdesk.codecs.rfb.errors import RemoteProtocolError
from beamdesk.codecs.rfb.server_handshake import ServerHandshake
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action, may
from beamdesk.gateway.sessions.viewer import Viewer
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.transports.closing import close_with
from beamdesk.gateway.transports.frames import Frames, Path
from beamdesk.gateway.transports.heartbeat import Heartbeat
from beamdesk.gateway.transports.metrics import count_end, count_viewer
from beamdesk.gateway.transports.rfb_rights import policy_of
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.rfb import sign_in_to
from beamdesk.gateway.upstreams.streams import ByteStream

__all__ = ["RfbRelay"]

STEP_SECONDS: Final = 10.0
"""For each of the browser's messages of the handshake."""

RELEASE_SECONDS: Final = 1.0
"""For a desktop to take the release of held keys from a viewer that has left."""

_log = structlog.stdlib.get_logger(__name__)


class _ViewerGone(Exception):  # noqa: N818  (an outcome)
    """The WebSocket ended, for *reason*."""

    def __init__(self, reason: EndReason) -> None:
        super().__init__(reason.code)
        self.reason = reason


class RfbRelay:
    """Runs once. Whatever ends it becomes the viewer's `EndReason` and the WebSocket's close code.

    The desktop's bytes pass through the callbacks below without any task; the one task of a viewer reads
    what the browser sends.
    """

    def __init__(
        self,
        request: web.Request,
        websocket: web.WebSocketResponse,
        *,
        viewer: Viewer,
        target: Target,
        path: Path,
        heartbeat: Heartbeat,
    ) -> None:
        self._websocket = websocket
        self._viewer = viewer
        self._target = target
        self._path = path
        self._heartbeat = heartbeat
        self._liveness = heartbeat.new_liveness()
        self._stream: ByteStream | None = None
        self._full = False
        self._frames = Frames(
            request, path, on_full=self._on_full, on_room=self._on_room, on_heard=self._on_heard
        )

    async def run(self) -> None:
        role = self._viewer.summary.role
        _log.info("viewer came", role=role, user=self._viewer.summary.user_id)
        reason = EndReason.GATEWAY_STOPPING  # if the server cancels us
        try:
            with self._heartbeat.watching(self._viewer, self._frames, self._liveness), count_viewer("rfb"):
                async with asyncio.TaskGroup() as group:
                    conversation = group.create_task(self._converse(), name="rfb viewer")
                    reason = await self._viewer.ended()
                    conversation.cancel()
        finally:
            _log.info("viewer left", reason=reason.code, bytes=self._frames.written)
            count_end("rfb", reason, self._frames.written)
            await close_with(self._websocket, self._frames, reason)

    def take_from(self, source: socket.socket) -> int:
        """See `Sink`."""
        return self._frames.take_from(source)

    def take(self, payload: memoryview) -> None:
        """See `Sink`."""
        self._frames.take(payload)

    def source_ended(self, error: Exception | None) -> None:
        """See `Sink`."""
        if error is None or isinstance(error, OSError):
            _log.info("desktop ended the connection", detail=str(error or "closed"))
            self._viewer.end(EndReason.DESKTOP_ENDED)
        else:
            _log.error("relay failed", exc_info=error)
            self._viewer.end(EndReason.GATEWAY_FAULT)

    async def _converse(self) -> None:
        """From the desktop's sign-in to the viewer's end, which it always brings about."""
        view_only = not may(self._viewer.summary.role, Action.INPUT)
        try:
            async with sign_in_to(self._target, view_only=view_only, buffer=self._path.buffer) as upstream:
                first_words = await self._greet()
                entered = await upstream.enter()
                messages = ClientMessages(policy_of(self._viewer.summary.role))
                upstream.stream.send(messages.opening())
                self._frames.take(memoryview(entered.server_init.raw + entered.leftover))
                async with self._joined(upstream.stream, messages):
                    data = first_words
                    while True:
                        for part in messages.receive(data):
                            upstream.stream.send(part)
                        await upstream.stream.drain()
                        data = await self._receive()
        except UpstreamFailed as failure:
            _log.info("desktop failed", reason=failure.reason.code, detail=failure.detail)
            self._viewer.end(failure.reason)
        except RemoteProtocolError as error:
            _log.info("viewer broke the protocol", reason=error.reason, detail=error.detail)
            self._viewer.end(EndReason.VIEWER_FAULT)
        except _ViewerGone as gone:
            self._viewer.end(gone.reason)
        except Exception:  # noqa: BLE001  (one viewer's failure ends that viewer only)
            _log.exception("viewer failed")
            self._viewer.end(EndReason.GATEWAY_FAULT)

    @asynccontextmanager
    async def _joined(self, stream: ByteStream, messages: ClientMessages) -> AsyncIterator[None]:
        """Bytes flow from the desktop; at the end what the viewer holds down is released."""
        self._stream = stream
        stream.relay_to(self)
        if self._full:
            stream.pause()
        try:
            yield
        finally:
            self._stream = None
            stream.pause()
            if release := messages.release():
                try:
                    async with asyncio.timeout(RELEASE_SECONDS):
                        await stream.finish(release)
                except TimeoutError:
                    _log.info("desktop did not take the release of held keys")

    async def _greet(self) -> bytes:
        """Shake hands with the browser; what it sent behind ClientInit."""
        handshake = ServerHandshake()
        try:
            while True:
                self._send(handshake.bytes_to_send())
                async with asyncio.timeout(STEP_SECONDS):
                    data = await self._receive()
                events = handshake.receive(data)
                if events:
                    self._send(handshake.bytes_to_send())
                    return handshake.leftover()
        except TimeoutError:
            raise _ViewerGone(EndReason.VIEWER_SILENT) from None
        except RemoteProtocolError:
            self._send(handshake.bytes_to_send())
            raise

    def _send(self, data: bytes) -> None:
        if data:
            self._frames.take(memoryview(data))

    async def _receive(self) -> bytes:
        """The next message's payload; raises `_ViewerGone`."""
        message = await self._websocket.receive()
        if message.type is WSMsgType.BINARY:
            payload: bytes = message.data
            return payload
        if message.type is WSMsgType.TEXT or isinstance(message.data, WebSocketError):
            raise _ViewerGone(EndReason.VIEWER_FAULT)
        raise _ViewerGone(EndReason.LEFT)

    def _on_full(self) -> None:
        self._full = True
        if self._stream is not None:
            self._stream.pause()

    def _on_room(self) -> None:
        self._full = False
        if self._stream is not None:
            self._stream.resume()

    def _on_heard(self) -> None:
        self._liveness.heard(self._heartbeat.now())
