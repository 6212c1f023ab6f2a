"""The built web UI, as files."""

import asyncio
import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from aiohttp import web

from beamdesk.gateway.http.problems import Problem

__all__ = ["UI_FOLDER", "WebUi", "add_ui_routes"]

UI_FOLDER = Path(str(resources.files("beamdesk.gateway"))) / "ui"
"""Where `make run` and the wheel put the build."""

RESCAN_SECONDS = 1.0
"""A rebuild under a running server shows after so long; wrong paths make us read the disk no more often."""

_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_EVERYTHING_ELSE = "/{path:(?!api/|stream/).*}"

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Beamdesk</title>
<body><h1>The web UI is not built yet</h1>
<p>The gateway runs. Build the pages with <code>make run</code>, then reload this one.</p></body></html>
"""


class WebUi:
    """Knows the files of the build by their paths. What is not listed is not served: no path leaves it."""

    def __init__(self, folder: Path = UI_FOLDER) -> None:
        self._folder = folder
        self._files: Mapping[str, Path] = _files_in(folder)
        self._scanned_at = time.monotonic()

    @property
    def is_built(self) -> bool:
        return "index.html" in self._files

    async def find(self, path: str) -> Path | None:
        """The file at *path*, which is relative to the root of the site."""
        if path not in self._files and time.monotonic() - self._scanned_at > RESCAN_SECONDS:
            self._scanned_at = time.monotonic()
            self._files = await asyncio.to_thread(_files_in, self._folder)
        return self._files.get(path)


def add_ui_routes(app: web.Application, ui: WebUi) -> None:
    """Serve *ui* on every path that nobody else answers. Add it last."""

    async def serve(request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        found = await ui.find(path or "index.html")
        if found is not None:
            cache = _FOREVER if path.startswith("assets/") else _ASK_AGAIN
            return web.FileResponse(found, headers={"Cache-Control": cache})
        if path.startswith("assets/"):
            # A page of an older build asks for a file that is gone: HTML in its place would only confuse it.
            raise Problem.not_found()
        index = await ui.find("index.html")
        if index is None:
            return web.Response(status=503, text=_NOT_BUILT, content_type="text/html")
        return web.FileResponse(index, headers={"Cache-Control": _ASK_AGAIN})

    app.router.add_get(_EVERYTHING_ELSE, serve)


def _files_in(folder: Path) -> dict[str, Path]:
    return {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    }
