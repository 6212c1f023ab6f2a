"""How desktops of a plan can be opened."""

import pytest
from pydantic import SecretStr

from beamdesk.gateway.config.settings import PlanSettings
from beamdesk.gateway.portal.plans.lanes import Lanes
from beamdesk.gateway.roles import Action
from beamdesk.gateway.tickets import Stream

RFB, GUACAMOLE = Stream.RFB, Stream.GUACAMOLE


@pytest.mark.parametrize(
    ("settings", "guacamole", "streams"),
    [
        ({}, False, (RFB,)),
        ({}, True, (RFB, GUACAMOLE)),
        ({"protocol": "ssh"}, True, (GUACAMOLE,)),
        ({"protocol": "ssh"}, False, ()),
        ({"clipboard": "to-desktop"}, True, (GUACAMOLE,)),
        ({"clipboard": "none"}, False, ()),
        ({"clipboard": "from-desktop"}, True, (RFB, GUACAMOLE)),
    ],
)
def test_streams(settings: dict[str, str], guacamole: bool, streams: tuple[Stream, ...]) -> None:
    lanes = Lanes([PlanSettings(id="a", **settings)], guacamole=guacamole)
    assert lanes.of("a").streams == streams


def test_a_plan_that_is_gone_is_an_ordinary_desktop() -> None:
    lane = Lanes([], guacamole=True).of("gone")
    assert (lane.streams, lane.protocol, dict(lane.parameters), lane.withheld) == (
        (RFB, GUACAMOLE),
        "rfb",
        {},
        frozenset(),
    )


def test_what_a_plan_withholds() -> None:
    plan = PlanSettings(clipboard="from-desktop", files="none", parameters={"domain": SecretStr("LAB")})
    lane = Lanes([plan]).of("desktop")
    assert lane.withheld == {
        Action.CLIPBOARD_TO_DESKTOP,
        Action.FILES_TO_DESKTOP,
        Action.FILES_FROM_DESKTOP,
    }
    assert lane.parameters == {"domain": "LAB"}
    assert "LAB" not in repr(lane)
    assert "LAB" not in repr(plan)
