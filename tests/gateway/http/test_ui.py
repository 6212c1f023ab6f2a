"""The web UI's files, and nothing but them."""

import asyncio
from pathlib import Path

import pytest
from yarl import URL

from beamdesk.gateway.http import ui
from support.small_api import Client


async def test_pages_get_the_app_and_are_asked_for_again(client: Client) -> None:
    for path in ("/", "/instances/123", "/sign-in", "/deep/er/path", "/index.html"):
        answer = await client.get(path)
        assert answer.status == 200
        assert "the app" in await answer.text()
        assert answer.content_type == "text/html"
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever(client: Client) -> None:
    answer = await client.get("/assets/main-abc123.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type in {"text/javascript", "application/javascript"}


async def test_a_missing_asset_is_no_page(client: Client) -> None:
    assert (await client.get("/assets/main-gone.js")).status == 404
    assert (await client.get("/api/x")).status == 404
    assert (await client.get("/stream/x")).status == 404


async def test_other_methods_are_not_allowed(client: Client) -> None:
    answer = await client.post("/", headers={"Origin": f"http://127.0.0.1:{client.port}"})
    assert answer.status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..\\secret.txt",
        "/.env",
        "/link.txt",
        "/%00",
        "/assets/main-abc123.js%00.html",
    ],
)
async def test_no_path_leaves_the_folder(client: Client, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]
    assert b"hidden" not in answer


async def test_a_ui_that_is_not_built_says_how(client: Client, ui_folder: Path, make_client: object) -> None:
    assert callable(make_client)
    (ui_folder / "index.html").unlink()
    unbuilt: Client = await make_client()
    answer = await unbuilt.get("/")
    assert answer.status == 503
    assert "make run" in await answer.text()


async def test_a_build_under_a_running_server_shows(
    client: Client, ui_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui, "RESCAN_SECONDS", 0.0)
    assert (await client.get("/assets/new-1.js")).status == 404
    (ui_folder / "assets" / "new-1.js").write_text("1")
    assert (await client.get("/assets/new-1.js")).status == 200


async def test_misses_do_not_read_the_disk_each_time(
    client: Client, ui_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = []
    scan = ui._files_in
    monkeypatch.setattr(ui, "_files_in", lambda folder: scans.append(folder) or scan(folder))
    monkeypatch.setattr(ui, "RESCAN_SECONDS", 3600.0)
    for number in range(20):
        await client.get(URL(f"/assets/no-{number}.js"))
    assert scans == []
