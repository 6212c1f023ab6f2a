"""Why a viewer's stream ended: one value from the upstream to the text that the browser shows."""

from dataclasses import dataclass
from enum import Enum

__all__ = ["EndReason"]


@dataclass(frozen=True, slots=True)
class _Ending:
    code: str
    websocket_close: int
    guacamole_status: int
    sentence: str
    retry: bool


class EndReason(Enum):
    """One reason why a stream ended.

    `code` is stable and goes over the wire; `websocket_close` is the close code (RFC 6455, section
    7.4; 4000–4999 are ours); `guacamole_status` is the status of the Guacamole protocol reference, each
    given to one reason only, since it is all that the browser is told on that lane;
    `sentence` is for a person; `retry` tells the browser whether connecting again can help.
    """

    LEFT = _Ending("left", 1000, 0, "You left the desktop.", retry=False)
    GATEWAY_STOPPING = _Ending(
        "gateway-stopping", 1012, 520, "The gateway is restarting. Your desktop keeps running.", retry=True
    )
    GATEWAY_FAULT = _Ending(
        "gateway-fault", 1011, 512, "Something went wrong in the gateway. Its log says what.", retry=True
    )
    DESKTOP_UNREACHABLE = _Ending(
        "desktop-unreachable", 4100, 519, "The desktop does not answer.", retry=True
    )
    DESKTOP_REFUSED = _Ending(
        "desktop-refused", 4101, 769, "The desktop refused the gateway's sign-in.", retry=False
    )
    DESKTOP_ENDED = _Ending("desktop-ended", 4102, 518, "The desktop ended the connection.", retry=True)
    DESKTOP_STOPPED = _Ending("desktop-stopped", 4103, 523, "The desktop was stopped.", retry=False)
    DESKTOP_FAULT = _Ending(
        "desktop-fault",
        4104,
        515,
        "The desktop sent something that the gateway does not understand.",
        retry=True,
    )
    DESKTOP_TAKEN_OVER = _Ending(
        "desktop-taken-over", 4105, 521, "Somebody signed in to this machine from elsewhere.", retry=False
    )
    RELAY_FAILED = _Ending(
        "relay-failed",
        4106,
        514,
        "The service that connects to this desktop (guacd) failed or does not answer.",
        retry=True,
    )
    VIEWER_FAULT = _Ending(
        "viewer-fault",
        4200,
        768,
        "The browser sent something that the gateway does not understand.",
        retry=False,
    )
    VIEWER_TOO_SLOW = _Ending(
        "viewer-too-slow", 4201, 513, "Your link is too slow for this desktop.", retry=True
    )
    VIEWER_SILENT = _Ending("viewer-silent", 4202, 776, "The browser did not answer for a while.", retry=True)
    ACCESS_ENDED = _Ending(
        "access-ended", 4300, 771, "You no longer have access to this desktop.", retry=False
    )

    @property
    def code(self) -> str:
        return self.value.code

    @property
    def websocket_close(self) -> int:
        return self.value.websocket_close

    @property
    def guacamole_status(self) -> int:
        return self.value.guacamole_status

    @property
    def sentence(self) -> str:
        return self.value.sentence

    @property
    def retry(self) -> bool:
        return self.value.retry
