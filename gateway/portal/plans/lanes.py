"""How desktops of each plan can be opened, and what the plan lets pass between them and browsers.

This comes from the configuration as it is now; instances may be older, and their plan may be gone from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from beamdesk.gateway.config.settings import PlanSettings, Way
from beamdesk.gateway.roles import Action
from beamdesk.gateway.tickets import Stream

__all__ = ["Lane", "Lanes"]

_CLIPBOARD: Final = (Action.CLIPBOARD_TO_DESKTOP, Action.CLIPBOARD_FROM_DESKTOP)
_FILES: Final = (Action.FILES_TO_DESKTOP, Action.FILES_FROM_DESKTOP)


@dataclass(frozen=True, slots=True)
class Lane:
    """One plan's way to its machines. `streams` has the preferred one first."""

    streams: tuple[Stream, ...]
    protocol: str = "rfb"
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    withheld: frozenset[Action] = frozenset()


class Lanes:
    """The plans' lanes. Without *guacamole* desktops are opened by RFB only."""

    def __init__(self, plans: Sequence[PlanSettings] = (), *, guacamole: bool = False) -> None:
        self._guacamole = guacamole
        self._lanes = {plan.id: self._lane(plan) for plan in plans}
        self._any = self._lane(PlanSettings())

    def of(self, plan_id: str) -> Lane:
        """The lane of a plan; of one that is not configured any more, that of an ordinary desktop."""
        return self._lanes.get(plan_id, self._any)

    def _lane(self, plan: PlanSettings) -> Lane:
        withheld = _withheld(plan.clipboard, *_CLIPBOARD) | _withheld(plan.files, *_FILES)
        streams = []
        # The RFB lane does not look into what a desktop sends, so it could not hold a clipboard back.
        if plan.protocol == "rfb" and Action.CLIPBOARD_FROM_DESKTOP not in withheld:
            streams.append(Stream.RFB)
        if self._guacamole:
            streams.append(Stream.GUACAMOLE)
        return Lane(
            streams=tuple(streams),
            protocol=plan.protocol,
            parameters=MappingProxyType(
                {name: value.get_secret_value() for name, value in plan.parameters.items()}
            ),
            withheld=withheld,
        )


def _withheld(way: Way, to_desktop: Action, from_desktop: Action) -> frozenset[Action]:
    match way:
        case "both":
            return frozenset()
        case "to-desktop":
            return frozenset({from_desktop})
        case "from-desktop":
            return frozenset({to_desktop})
        case "none":
            return frozenset({to_desktop, from_desktop})
