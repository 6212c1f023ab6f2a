"""guacd's connection parameters, made from a target. No browser has a say in them.

Guacamole manual, "Configuring connections". guacd knows hundreds, among them commands and paths on its own
machine: so they come from the broker's endpoint, from the plan, and from the few defaults below.
"""

from collections.abc import Mapping
from typing import Final

from beamdesk.codecs.guac.tokens import TokenRefused, substitute
from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.guacd.layouts import server_layout

__all__ = ["PROTOCOLS", "owner_parameters", "viewer_parameters"]

PROTOCOLS: Final = {"rfb": "vnc", "ssh": "ssh", "rdp": "rdp", "telnet": "telnet"}
"""guacd's names of what machines speak."""

_DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "vnc": {"color-depth": "24"},
    # Without a keep-alive a machine that vanished leaves a frozen terminal. guacd sees that a shell has ended
    # when it next sends one, so `exit` takes as long as the interval; two seconds are libssh2's least.
    "ssh": {"enable-sftp": "true", "terminal-type": "xterm-256color", "server-alive-interval": "2"},
    "rdp": {"color-depth": "24", "resize-method": "display-update", "enable-font-smoothing": "true"},
    "telnet": {"terminal-type": "xterm-256color"},
}

_WITHHELD: Final = {
    Action.CLIPBOARD_FROM_DESKTOP: ("disable-copy",),
    Action.CLIPBOARD_TO_DESKTOP: ("disable-paste",),
    Action.FILES_FROM_DESKTOP: ("disable-download", "sftp-disable-download"),
    Action.FILES_TO_DESKTOP: ("disable-upload", "sftp-disable-upload"),
}
"""What makes guacd itself refuse what the gateway does not let pass either."""


def owner_parameters(
    target: Target, withheld: frozenset[Action] = frozenset(), keyboard: str | None = None
) -> dict[str, str]:
    """Parameters of the gateway's own connection; raises `UpstreamFailed` where a token is wrong.

    A plan's parameter wins over a default and over the endpoint; *withheld* wins over everything.
    """
    protocol = PROTOCOLS[target.protocol]
    parameters = {**_DEFAULTS[protocol], **_address(target), **_credentials(target)}
    if protocol == "rdp":
        parameters["server-layout"] = server_layout(keyboard or target.keyboard)
    try:
        tokens = {**target.tokens, **_own_tokens(target)}
        parameters |= {name: substitute(template, tokens) for name, template in target.parameters.items()}
    except TokenRefused as refusal:
        detail = f"a parameter of the plan cannot be filled in: {refusal}"
        raise UpstreamFailed(EndReason.DESKTOP_REFUSED, detail) from refusal
    return parameters | _refusals(withheld)


def viewer_parameters(*, may_act: bool, withheld: frozenset[Action] = frozenset()) -> dict[str, str]:
    """Parameters of a viewer's join. guacd takes all others from the owner.

    Where it may not act, guacd itself ignores its input.
    """
    return {"read-only": "" if may_act else "true"} | _refusals(withheld)


def _refusals(withheld: frozenset[Action]) -> dict[str, str]:
    return {name: "true" for action, names in _WITHHELD.items() if action in withheld for name in names}


def _address(target: Target) -> dict[str, str]:
    if target.unix_path is not None:
        # libvncclient takes a host name that is the path of a socket for what it is, and ignores the port.
        return {"hostname": target.unix_path, "port": "0"}
    return {"hostname": target.host or "", "port": str(target.port or "")}


def _credentials(target: Target) -> dict[str, str]:
    given = {"username": target.username, "password": target.password}
    return {name: value for name, value in given.items() if value is not None}


def _own_tokens(target: Target) -> Mapping[str, str]:
    return {
        f"ENDPOINT_{name.upper()}": value for name, value in (_address(target) | _credentials(target)).items()
    }
