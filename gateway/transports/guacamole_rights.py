"""What a viewer may send to guacd, and what of guacd's it may get."""

from collections.abc import Callable
from typing import Final

from beamdesk.codecs.guac.framed import Noticed
from beamdesk.codecs.guac.opcodes import InstructionKind
from beamdesk.codecs.guac.viewer_policy import VIEWING, ViewerPolicy
from beamdesk.gateway.roles import Action

__all__ = ["OWNERS", "policy_for", "withheld_from"]

_NEEDED: Final = {
    Action.VIEW: VIEWING,
    Action.INPUT: frozenset({InstructionKind.INPUT}),
    Action.CLIPBOARD_TO_DESKTOP: frozenset({InstructionKind.CLIPBOARD}),
    Action.RESIZE: frozenset({InstructionKind.RESIZE}),
    Action.ANSWER_PROMPTS: frozenset({InstructionKind.ARGV}),
}
"""Instructions by action. Files go over HTTP, where they cost the picture nothing; microphones and pipes are
offered to nobody."""

_NOBODYS: Final = frozenset({Noticed.FILE, Noticed.PIPE, Noticed.FILESYSTEM, Noticed.BODY})
"""What guacd offers to owners of connections: the gateway is that, and no browser."""

OWNERS: Final = frozenset({Noticed.REQUIRED, Noticed.MSG})
"""What guacd says to owners: the gateway passes it on to those who may hear of it."""


def policy_for(permits: Callable[[Action], bool]) -> ViewerPolicy:
    """The rules for what a viewer sends."""
    allowed = [kinds for action, kinds in _NEEDED.items() if permits(action)]
    return ViewerPolicy(allowed=frozenset().union(*allowed))


def withheld_from(permits: Callable[[Action], bool], *, plays_sound: bool) -> frozenset[Noticed]:
    """The streams and objects that a viewer does not get.

    guacd sends sound to every user, also to those who asked for none.
    """
    withheld = set(_NOBODYS)
    if not permits(Action.CLIPBOARD_FROM_DESKTOP):
        withheld.add(Noticed.CLIPBOARD)
    if not plays_sound:
        withheld.add(Noticed.AUDIO)
    return frozenset(withheld)
