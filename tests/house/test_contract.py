"""The API has one description: what the server makes is what the web UI's types come from."""

import json
from pathlib import Path

from beamdesk.gateway.http.openapi import describe
from beamdesk.gateway.portal.api import EVENT_MODELS, GROUPS

ROOT = Path(__file__).parents[2]


def test_the_web_ui_is_built_from_the_current_description() -> None:
    kept = json.loads((ROOT / "web/openapi.json").read_text())
    assert kept == json.loads(describe(GROUPS, EVENT_MODELS)), "run `make api`"
