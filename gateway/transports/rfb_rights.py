"""What each role may send to a desktop over RFB."""

from functools import cache
from typing import Final

from beamdesk.codecs.rfb.viewer_policy import VIEWING, MessageKind, ViewerPolicy
from beamdesk.gateway.roles import Action, Role, may

__all__ = ["policy_of"]

_NEEDED: Final = {
    Action.VIEW: VIEWING,
    Action.INPUT: frozenset({MessageKind.KEY_EVENT, MessageKind.POINTER_EVENT}),
    Action.CLIPBOARD_TO_DESKTOP: frozenset({MessageKind.CLIPBOARD_TO_DESKTOP}),
    Action.CLIPBOARD_FROM_DESKTOP: frozenset({MessageKind.CLIPBOARD_FROM_DESKTOP}),
    Action.RESIZE: frozenset({MessageKind.SET_DESKTOP_SIZE}),
}
"""Messages by action. What is in none of them, such as XVP's reboot, nobody may send: machines are stopped
and started through the portal."""


@cache
def policy_of(role: Role, withheld: frozenset[Action] = frozenset()) -> ViewerPolicy:
    """The rules for a viewer in *role*; what is *withheld*, nobody may do."""
    allowed = [kinds for action, kinds in _NEEDED.items() if may(role, action, withheld)]
    return ViewerPolicy(allowed=frozenset().union(*allowed))
