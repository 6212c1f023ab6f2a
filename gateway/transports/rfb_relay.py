"""One viewer of the RFB lane: between its WebSocket and its connection to the desktop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import web

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
from beamdesk.gateway.transports.incoming import Incoming
from beamdesk.gateway.transports.metrics import count_end, count_viewer
from beamdesk.gateway.transports.rfb_rights import policy_of
from beamdesk.gateway.transports.websocket import LaneWebSocket
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.rfb import sign_in_to
from beamdesk.gateway.upstreams.streams import ByteStream

__all__ = ["RfbRelay"]

STEP_SECONDS: Final = 10.0
"""For each of the browser's messages of the handshake."""

RELEASE_SECONDS: Final = 1.0
"""For a desktop to take the release of held keys from a viewer that has left."""

_log = structlog.stdlib.get_logger(__name__)


class _BrowserSilent(Exception):  # noqa: N818  (an outcome)
    """It did not go on with the handshake."""


class RfbRelay:
    """Runs once. Whatever ends it becomes the viewer's `EndReason` and the WebSocket's close code.

    The desktop's bytes pass through the callbacks below without any task. One task reads what the browser
    sends, another holds the connection to the desktop.
    """

    def __init__(
        self,
        request: web.Request,
        websocket: LaneWebSocket,
        *,
        viewer: Viewer,
        target: Target,
        withheld: frozenset[Action] = frozenset(),
        path: Path,
        heartbeat: Heartbeat,
    ) -> None:
        self._websocket = websocket
        self._viewer = viewer
        self._target = target
        self._withheld = withheld
        self._path = path
        self._heartbeat = heartbeat
        self._liveness = heartbeat.new_liveness()
        self._stream: ByteStream | None = None
        self._full = False
        self._incoming = Incoming(websocket, on_end=viewer.end, on_failure=self._fail)
        self._frames = Frames(
            request, path, on_full=self._on_full, on_room=self._on_room, on_heard=self._liveness.heard
        )

    async def run(self) -> None:
        role = self._viewer.summary.role
        _log.info("viewer came", role=role, user=self._viewer.summary.user_id)
        reason = EndReason.GATEWAY_STOPPING  # if the server cancels us
        try:
            with self._heartbeat.watching(self._viewer, self._frames, self._liveness), count_viewer("rfb"):
                async with asyncio.TaskGroup() as group:
                    tasks = [
                        group.create_task(self._guarded(work))
                        for work in (self._incoming.run, self._hold_desktop)
                    ]
                    reason = await self._viewer.ended()
                    for task in tasks:
                        task.cancel()
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

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  (whatever it is ends this viewer, and no other)
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        match error:
            case UpstreamFailed(reason=reason, detail=detail):
                _log.info("desktop failed", reason=reason.code, detail=detail)
                self._viewer.end(reason)
            case RemoteProtocolError(reason=broken, detail=detail):
                _log.info("viewer broke the protocol", reason=broken, detail=detail)
                self._viewer.end(EndReason.VIEWER_FAULT)
            case _BrowserSilent():
                self._viewer.end(EndReason.VIEWER_SILENT)
            case _:
                _log.error("viewer failed", exc_info=error)
                self._viewer.end(EndReason.GATEWAY_FAULT)

    async def _hold_desktop(self) -> None:
        """From the desktop's sign-in until cancelled."""
        role = self._viewer.summary.role
        view_only = not may(role, Action.INPUT)
        async with sign_in_to(self._target, view_only=view_only, buffer=self._path.buffer) as upstream:
            early = await self._greet()
            entered = await upstream.enter()
            messages = ClientMessages(policy_of(role, self._withheld))
            upstream.stream.send(messages.opening())
            self._frames.take(memoryview(entered.server_init.raw + entered.leftover))
            async with self._joined(upstream.stream, messages) as forward:
                forward(early)
                self._incoming.forward_to(forward, upstream.stream)
                await self._viewer.ended()

    @asynccontextmanager
    async def _joined(
        self, stream: ByteStream, messages: ClientMessages
    ) -> AsyncIterator[Callable[[bytes], None]]:
        """Bytes flow from the desktop, and to it what is given to the function; at the end what the viewer
        holds down is released.
        """

        def forward(data: bytes) -> None:
            if self._stream is None:
                return  # what is held has been released already
            for part in messages.receive(data):
                stream.send(part)

        self._stream = stream
        stream.relay_to(self)
        if self._full:
            stream.pause()
        try:
            yield forward
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
                    data = await self._incoming.next()
                events = handshake.receive(data)
                if events:
                    self._send(handshake.bytes_to_send())
                    return handshake.leftover()
        except TimeoutError:
            raise _BrowserSilent from None
        except RemoteProtocolError:
            self._send(handshake.bytes_to_send())
            raise

    def _send(self, data: bytes) -> None:
        if data:
            self._frames.take(memoryview(data))

    def _on_full(self) -> None:
        self._full = True
        if self._stream is not None:
            self._stream.pause()

    def _on_room(self) -> None:
        self._full = False
        if self._stream is not None:
            self._stream.resume()
