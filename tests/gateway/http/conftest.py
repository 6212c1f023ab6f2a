"""Clients of a small API on the real HTTP layer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from beamdesk.gateway.config.settings import ServerSettings
from beamdesk.gateway.http.application import new_application
from beamdesk.gateway.http.health import Readiness
from beamdesk.gateway.http.ui import WebUi, add_ui_routes
from support.small_api import Client, Event, InMemory, routes

MakeClient = Callable[..., Awaitable[Client]]


@pytest.fixture
def readiness() -> Readiness:
    return Readiness({})


@pytest.fixture
def ui_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the app</title>")
    (folder / "assets" / "main-abc123.js").write_text("console.log(1)")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".env").write_text("hidden")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def make_client(readiness: Readiness, ui_folder: Path) -> AsyncIterator[MakeClient]:
    """Makes clients of the small API; keywords are settings of `[server]`."""
    clients: list[Client] = []

    async def make(**server: object) -> Client:
        app = new_application(
            server=ServerSettings.model_validate(server),
            authenticator=InMemory(),
            readiness=readiness,
            groups=[routes],
            event_models=[Event],
        )
        add_ui_routes(app, WebUi(ui_folder))
        client: Client = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
async def client(make_client: MakeClient) -> Client:
    """A client without credentials on the defaults of an embedded server."""
    return await make_client()
