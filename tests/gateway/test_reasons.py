"""The reasons why streams end, as the browser knows them."""

import json
from pathlib import Path

from beamdesk.codecs.guac.status import Status
from beamdesk.gateway.reasons import EndReason

WEB = Path(__file__).parents[2] / "web/src/desktop/endReasons.json"


def test_the_web_ui_knows_the_same_reasons() -> None:
    """Where this fails, the file has to be written anew with what is compared here."""
    assert json.loads(WEB.read_text()) == [
        {
            "code": reason.code,
            "websocketClose": reason.websocket_close,
            "guacamoleStatus": reason.guacamole_status,
            "sentence": reason.sentence,
            "retry": reason.retry,
        }
        for reason in EndReason
    ]


def test_a_guacamole_status_tells_which_reason_it_was() -> None:
    statuses = [Status(reason.guacamole_status) for reason in EndReason]
    assert len(set(statuses)) == len(EndReason)
