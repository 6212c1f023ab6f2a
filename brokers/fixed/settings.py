"""Configuration of a fixed broker.

[brokers.lab]
kind = "fixed"

[[brokers.lab.machines]]
name = "lab-1"
address = "lab-1.example.org"
image = "windows"
flavour = "workstation"
endpoints = [{ protocol = "rdp", username = "guest", password_file = "/etc/beamdesk/lab-1" }]
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

__all__ = ["EndpointSettings", "FixedSettings", "MachineSettings", "WayIn"]

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=250)]
_Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:%-]{1,253}$")]
_Port = Annotated[int, Field(ge=1, le=65535)]
_Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class WayIn(StrEnum):
    """What a machine speaks on an endpoint."""

    RFB = "rfb"
    """VNC; `vnc` is taken for it too."""
    SSH = "ssh"
    RDP = "rdp"
    TELNET = "telnet"


_PORTS = {WayIn.RFB: 5900, WayIn.SSH: 22, WayIn.RDP: 3389, WayIn.TELNET: 23}


class EndpointSettings(BaseModel):
    """One way into a machine, and what to sign in with. A file of a secret is read whenever it is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Annotated[WayIn, BeforeValidator(lambda given: "rfb" if given == "vnc" else given)]
    """`rfb`, `ssh`, `rdp` or `telnet`."""
    host: _Host | None = None
    """Default: the machine's `address`."""
    port: _Port | None = None
    """Default: the protocol's own."""
    username: str | None = None
    """Whom to sign in as."""
    password: SecretStr | None = None
    """The password itself; a file is better."""
    password_file: Path | None = None
    """File that holds the password in its first line."""
    view_only_password: SecretStr | None = None
    """With it the desktop itself refuses input (RFB)."""
    view_only_password_file: Path | None = None
    """File that holds the view-only password in its first line."""

    @model_validator(mode="after")
    def _one_source_for_each_secret(self) -> Self:
        for name in ("password", "view_only_password"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"{name} and {name}_file cannot both be set")
        return self

    @property
    def port_in_force(self) -> int:
        return self.port or _PORTS[self.protocol]


class MachineSettings(BaseModel):
    """A machine that exists and runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    """Stable name: leases are kept under it."""
    address: _Host | None = None
    """Host name or IP address of its endpoints."""
    image: _Label = "desktop"
    """What plans call the things that are installed on it."""
    flavour: _Label = "small"
    """What plans call its size."""
    endpoints: Annotated[tuple[EndpointSettings, ...], Field(min_length=1)]
    """The ways in, at most one for each protocol. The machine runs when all of them answer."""

    @model_validator(mode="after")
    def _endpoints_can_be_told_apart_and_reached(self) -> Self:
        if twice := _twice(endpoint.protocol for endpoint in self.endpoints):
            raise ValueError(f"the protocol {twice} has two endpoints")
        if self.address is None and any(endpoint.host is None for endpoint in self.endpoints):
            raise ValueError("address is needed where an endpoint has no host")
        return self

    def host_of(self, endpoint: EndpointSettings) -> str:
        host = endpoint.host or self.address
        if host is None:
            raise AssertionError("validated above")
        return host


class FixedSettings(BaseModel):
    """Settings of one fixed broker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    """Where the leases are kept. All who lend the same machines must share it; needs locks and atomic
    renames, so not a network file system."""
    machines: Annotated[tuple[MachineSettings, ...], Field(min_length=1)]
    """The machines. The first that is free and answers is lent first."""
    answer_seconds: _Seconds = 3.0
    """A machine that takes longer to answer is silent."""
    look_seconds: _Seconds = 15.0
    """How often a machine that answers is asked again."""
    silence_seconds: _Seconds = 45.0
    """A machine that is silent for so long has failed."""

    @model_validator(mode="after")
    def _each_machine_is_listed_once(self) -> Self:
        if twice := _twice(machine.name for machine in self.machines):
            raise ValueError(f"machines: the name {twice!r} is used twice")
        places = (
            f"{machine.host_of(endpoint)} port {endpoint.port_in_force}"
            for machine in self.machines
            for endpoint in machine.endpoints
        )
        if twice := _twice(places):
            raise ValueError(f"machines: {twice} is listed twice, so two people could get it at once")
        return self


def _twice(values: Iterable[str]) -> str | None:
    """The first of *values* that comes more than once."""
    return next((value for value, count in Counter(values).items() if count > 1), None)
