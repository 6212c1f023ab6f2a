"""The files of a desktop on the Guacamole lane, as a page uses them over HTTP."""

import asyncio
from urllib.parse import quote

import aiohttp

from support.guacamole_world import GuacamoleWorld, Viewer

__all__ = ["Files", "client_of", "opened"]


class Files:
    """What a page does with the files of its desktop."""

    def __init__(self, client: aiohttp.ClientSession, viewer: Viewer) -> None:
        self.client = client
        self._headers = {"Authorization": f"Bearer {viewer.tunnel}"}

    async def call(
        self, method: str, what: str, path: str | None = None, body: object = None
    ) -> tuple[int, dict]:
        query = "" if path is None else f"?filesystem=0&path={quote(path, safe='')}"
        url = f"/stream/guacamole/{what}{query}"
        async with self.client.request(method, url, headers=self._headers, data=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def fetch(self, path: str) -> bytes:
        status, link = await self.call("POST", "downloads", path)
        assert status == 200, link
        async with self.client.get(link["url"]) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
            return await answer.read()


def client_of(lane: GuacamoleWorld) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(f"http://127.0.0.1:{lane.server.port}")


async def opened(client: aiohttp.ClientSession, viewer: Viewer) -> Files:
    """Once the machine has shown its files."""
    await viewer.until_picture()
    found = Files(client, viewer)
    async with asyncio.timeout(20):
        while not (await found.call("GET", "filesystems"))[1]["items"]:
            await asyncio.sleep(0.05)
    return found
