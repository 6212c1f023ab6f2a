"""Files between browsers and machines, over HTTP beside the stream.

Through a WebSocket each piece of six kilobytes would wait for a browser far away; here guacd's
acknowledgements go next door, and the browser streams from and to its disk.
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import structlog
from aiohttp import ClientPayloadError, hdrs, web

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.roles import Action
from beamdesk.gateway.transports.guacamole_tunnels import Tunnel, Tunnels
from beamdesk.gateway.upstreams.guacd.file_streams import FilesFailed, FilesFault
from beamdesk.gateway.upstreams.guacd.files import RemoteFiles

__all__ = ["GuacamoleFiles"]

LINK_SECONDS: Final = 30.0
MOST_LINKS: Final = 1024

_STATUS: Final = {
    FilesFault.BAD_NAME: 400,
    FilesFault.NOT_FOUND: 404,
    FilesFault.REFUSED: 409,
    FilesFault.GONE: 409,
    FilesFault.STUCK: 504,
}

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Link:
    """A right to one download, for a browser that saves a file as it saves any other."""

    tunnel: Tunnel
    index: int
    path: str
    expires_at: float


class GuacamoleFiles:
    """Serves `/stream/guacamole/files` and its neighbours. Who asks shows the identifier of its tunnel
    (`Authorization: Bearer …`), and its role and the plan decide.
    """

    def __init__(self, tunnels: Tunnels, clock: Clock) -> None:
        self._tunnels = tunnels
        self._clock = clock
        self._links: dict[str, _Link] = {}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/stream/guacamole/filesystems", self.list_filesystems)
        app.router.add_get("/stream/guacamole/files", self.list_folder)
        app.router.add_put("/stream/guacamole/files", self.upload)
        app.router.add_post("/stream/guacamole/downloads", self.link)
        app.router.add_get("/stream/guacamole/downloads", self.download, allow_head=False)

    async def list_filesystems(self, request: web.Request) -> web.Response:
        """`{items: [{index, name}]}`; none where the machine shows no files, or to who may move none."""
        tunnel = self._tunnel(request)
        names = tunnel.keeper.files.names if tunnel.keeper is not None and _may_look(tunnel) else {}
        return web.json_response({"items": [{"index": index, "name": name} for index, name in names.items()]})

    async def list_folder(self, request: web.Request) -> web.Response:
        """`{items: [{name, path, is_folder}]}` of `?filesystem=…&path=…`."""
        tunnel = self._tunnel(request)
        if not _may_look(tunnel):
            raise _forbidden()
        files, index, path = _place(tunnel, request)
        try:
            entries = await files.folder(index, path)
        except FilesFailed as failure:
            raise _problem(failure) from None
        items = [{"name": e.name, "path": e.path, "is_folder": e.is_folder} for e in entries]
        return web.json_response({"items": items})

    async def upload(self, request: web.Request) -> web.Response:
        """Write the body to `?filesystem=…&path=…`: 201 and `{path, bytes}`."""
        tunnel = self._tunnel(request)
        if not tunnel.permits(Action.FILES_TO_DESKTOP):
            raise _forbidden()
        files, index, path = _place(tunnel, request)
        try:
            written = await files.upload(index, path, _body_of(request, tunnel))
        except FilesFailed as failure:
            raise _problem(failure) from None
        _log.info("file uploaded", bytes=written)
        return web.json_response({"path": path, "bytes": written}, status=201)

    async def link(self, request: web.Request) -> web.Response:
        """A link for one download of `?filesystem=…&path=…`: `{url, expires_in}`."""
        tunnel = self._tunnel(request)
        if not tunnel.permits(Action.FILES_FROM_DESKTOP):
            raise _forbidden()
        _, index, path = _place(tunnel, request)
        now = self._clock.monotonic()
        self._links = {secret: link for secret, link in self._links.items() if link.expires_at > now}
        if len(self._links) >= MOST_LINKS:
            raise Problem(503, "busy", "Too many downloads are being started. Try again in a moment.")
        secret = secrets.token_urlsafe(32)
        self._links[secret] = _Link(tunnel, index, path, now + LINK_SECONDS)
        url = f"/stream/guacamole/downloads?link={secret}"
        return web.json_response({"url": url, "expires_in": int(LINK_SECONDS)})

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The file of a link, once."""
        link = self._links.pop(request.query.get("link", ""), None)
        if link is None or link.expires_at <= self._clock.monotonic() or not link.tunnel.is_open:
            raise Problem(401, "link-refused", "This link gives nothing: it is unknown, used or too old.")
        keeper = link.tunnel.keeper
        if keeper is None:
            raise _problem(FilesFailed.gone())
        response = web.StreamResponse(headers=_saved_as(link.path.rpartition("/")[2]))
        try:
            async with keeper.files.download(link.index, link.path) as download:
                await response.prepare(request)
                async for chunk in download.chunks():
                    _check_open(link.tunnel)
                    await response.write(chunk)
                await response.write_eof()
        except FilesFailed as failure:
            if not response.prepared:
                raise _problem(failure) from None
            # No end of the file: the browser has to see that it is not whole.
            _log.info("download broken off", reason=failure.fault)
            if request.transport is not None:
                request.transport.abort()
        return response

    def _tunnel(self, request: web.Request) -> Tunnel:
        scheme, _, tunnel_id = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        tunnel = self._tunnels.find(tunnel_id.strip()) if scheme.lower() == "bearer" else None
        if tunnel is None:
            raise Problem(401, "no-tunnel", "Files are moved by those who have the desktop open.")
        return tunnel


def _may_look(tunnel: Tunnel) -> bool:
    """Who moves files one way at least has to see where they are."""
    return tunnel.permits(Action.FILES_TO_DESKTOP) or tunnel.permits(Action.FILES_FROM_DESKTOP)


def _place(tunnel: Tunnel, request: web.Request) -> tuple[RemoteFiles, int, str]:
    index, path = request.query.get("filesystem", "0"), request.query.get("path", "/")
    if not (index.isascii() and index.isdigit() and len(index) <= 3):
        raise Problem(400, "bad-filesystem", "There is no such file system.")
    if tunnel.keeper is None:
        raise _problem(FilesFailed.gone())
    return tunnel.keeper.files, int(index), path


async def _body_of(request: web.Request, tunnel: Tunnel) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.content.iter_any():
            _check_open(tunnel)
            yield chunk
    except ClientPayloadError:
        raise FilesFailed.refused("The upload was broken off.") from None


def _check_open(tunnel: Tunnel) -> None:
    if not tunnel.is_open:
        raise FilesFailed.gone()


def _saved_as(name: str) -> dict[str, str]:
    """Headers with which a browser saves it and never shows it (RFC 6266)."""
    return {
        hdrs.CONTENT_TYPE: "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }


def _forbidden() -> Problem:
    return Problem.forbidden("files-withheld", "You may not move files here.")


def _problem(failure: FilesFailed) -> Problem:
    return Problem(_STATUS[failure.fault], f"file-{failure.fault}", failure.sentence)
