"""What can be configured. The documentation of a field is the string below it."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from beamdesk.gateway.config.units import Bytes, Count, Pixels, Seconds, Unit

__all__ = [
    "BrokerSettings",
    "DatabaseSettings",
    "GuacamoleSettings",
    "InstancesSettings",
    "LogsSettings",
    "PlanSettings",
    "ReconcilerSettings",
    "ServerSettings",
    "Settings",
    "SignInSettings",
    "StreamsSettings",
    "ThumbnailsSettings",
    "Way",
]

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
ParameterName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
ImageFormat = Literal["image/png", "image/jpeg", "image/webp"]
Way = Literal["both", "to-desktop", "from-desktop", "none"]
"""In which direction something may pass."""


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True, allow_inf_nan=False
    )


class ServerSettings(_Section):
    """Where Beamdesk listens and what it is called from outside."""

    host: str = "127.0.0.1"
    """Address to listen on. `0.0.0.0` listens on every IPv4 address."""

    port: int = Field(default=8080, ge=0, le=65535)
    """TCP port to listen on; 0 takes a free one."""

    data_dir: Path = Path("data")
    """Folder of the embedded database, its backup copies and the local broker's desktops."""

    public_url: str | None = None
    """How browsers reach Beamdesk, as in `https://desk.example.org`. Without it, only names of this
    computer's loopback (and `server.host`) are answered."""

    allowed_origins: tuple[str, ...] = ()
    """Further origins whose pages may use Beamdesk, as in `https://portal.example.org`."""

    allowed_hosts: tuple[str, ...] = ()
    """Further names that a Host header may carry, without port."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks of the reverse proxies in front, as in `10.0.0.0/8`: what they say in `X-Forwarded-For` about
    where a request comes from is believed."""

    deployment: Identifier = "beamdesk"
    """Name of this installation, with which brokers mark everything that they make. Installations that share
    a back end need different ones; changing it orphans what runs."""

    drain_seconds: Seconds = 10
    """How long requests and streams may take to end when the gateway stops."""

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, value: str | None) -> str | None:
        return None if value is None else origin_of(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(item)) for item in value)

    @field_validator("allowed_origins")
    @classmethod
    def _allowed_origins_are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin_of(item) for item in value)


class DatabaseSettings(_Section):
    """Where the truth is kept."""

    url: SecretStr = SecretStr("")
    """`sqlite:///path/to/file` or `postgresql://user:password@host:port/name`. Empty means the file
    `beamdesk.sqlite3` in `server.data_dir`."""

    pool_size: Count = 10
    """Connections to PostgreSQL that one gateway keeps open at most."""

    backups: Count = 5
    """Backup copies of an embedded database that are kept; older ones are removed."""


class SignInSettings(_Section):
    """How people and programs prove who they are, and for how long."""

    link_seconds: Seconds = 600
    """How long a one-time sign-in link can be used."""

    idle_seconds: Seconds = 12 * 3600
    """A browser that was not used for so long has to sign in again."""

    longest_seconds: Seconds = 7 * 86400
    """A browser has to sign in again after so long, however much it was used."""

    token_seconds: Seconds = 90 * 86400
    """Longest life of a personal access token."""

    attempts_per_minute: Count = 20
    """Failed sign-ins from one address within a minute before further ones are refused unseen."""


class StreamsSettings(_Section):
    """The streams between desktops and browsers."""

    ticket_seconds: Seconds = Field(default=30, le=30)
    """How long a ticket can be used to open its stream."""

    heartbeat_seconds: Seconds = 10
    """How often the gateway asks a browser whether it is still there."""

    slow_viewer_seconds: Seconds = 20
    """A viewer that took nothing for so long is ended."""


class GuacamoleSettings(_Section):
    """The Guacamole lane: machines that speak RDP, SSH, telnet or VNC, by way of guacd."""

    enabled: bool = True
    """Whether desktops can be opened in this way at all."""

    host: str | None = None
    """Where guacd runs. Without it the gateway starts one of its own, if there is one on this computer."""

    port: int = Field(default=4822, ge=1, le=65535)
    """Port of a guacd that runs elsewhere."""

    tls: bool = False
    """Whether that guacd expects TLS (its options -C and -K)."""

    ca_file: Path | None = None
    """Certificates by which that guacd's is checked. Without it, those that this system trusts."""

    folder: Path | None = None
    """Where a guacd of our own was put. Without it, where `make run` puts it: in the user's cache."""

    detached_seconds: Seconds = 600
    """How long a desktop's connection is kept after its last viewer has left, so that whoever comes back
    finds open sessions as they were."""

    images: tuple[ImageFormat, ...] = ("image/png", "image/jpeg", "image/webp")
    """Formats in which guacd may draw. WebP saves bandwidth and takes guacd about three times the CPU: it
    is used for a desktop that was opened by somebody who chose to save bandwidth, while all who look at it
    do, unless it is left out here."""


class ThumbnailsSettings(_Section):
    """Small pictures of running desktops."""

    enabled: bool = True
    """Whether pictures are made at all."""

    every_seconds: Seconds = 10
    """How old a picture becomes before the next one is made."""

    width: Pixels = 480
    """Width of a picture."""

    largest_bytes: Bytes = 256 * 1024
    """A picture that is larger than this is not kept."""


class InstancesSettings(_Section):
    """Rules for everybody's instances."""

    per_person: Annotated[int, Field(ge=-1), Unit("count")] = 2
    """Instances that one person may have at the same time; -1 means any number."""


class ReconcilerSettings(_Section):
    """How desired state is made real."""

    observe_seconds: Seconds = 5
    """How often each back end is asked what it has."""


class LogsSettings(_Section):
    """What is logged, and how. Logs go to standard error."""

    format: Literal["auto", "json", "human"] = "auto"
    """`auto` is for people on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Nothing below this level is logged."""


class BrokerSettings(BaseModel):
    """One back end. Keys other than `kind` and `enabled` are its plug-in's own options."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)
    __pydantic_extra__: dict[str, JsonValue]

    kind: Identifier = "local"
    """Entry point in the group `beamdesk.brokers` that talks to this back end."""

    enabled: bool = True
    """Whether new instances may be started here; existing ones are looked after all the same."""

    @property
    def options(self) -> dict[str, JsonValue]:
        return dict(self.__pydantic_extra__)


class PlanSettings(_Section):
    """One thing that people can start: an image and a flavour on a broker."""

    id: Identifier = "desktop"
    """Stable name, unique among the plans."""

    name: str = Field(default="Desktop", min_length=1, max_length=80)
    """What people see."""

    description: str = Field(default="", max_length=500)
    """A sentence for the person who chooses."""

    icon: Identifier = "desktop"
    """Picture on the card."""

    broker: Identifier = "local"
    """Name of the broker (`brokers.<name>`) that starts it."""

    image: str = Field(default="desktop", min_length=1, max_length=250)
    """What is installed, in the words of the broker."""

    flavour: str = Field(default="small", min_length=1, max_length=250)
    """How large the machine is, in the words of the broker."""

    cpus: Count | None = None
    """Processor cores, where that is known."""

    memory_mib: Count | None = None
    """Memory in MiB, where that is known."""

    preset: bool = False
    """Whether this plan is chosen beforehand in the form."""

    protocol: Literal["rfb", "ssh", "rdp", "telnet"] = "rfb"
    """What its machines speak. All but RFB need guacd."""

    parameters: dict[ParameterName, SecretStr] = {}
    """Further parameters for guacd, as in its manual: `{"enable-drive" = "true"}`. Tokens in them are filled
    in: `${INSTANCE_ID}`, `${INSTANCE_NAME}`, `${ENDPOINT_HOSTNAME}`, `${ENDPOINT_PORT}`,
    `${ENDPOINT_USERNAME}`, `${ENDPOINT_PASSWORD}`. Machines with RDP exchange files with the browser where
    `enable-drive` and `create-drive-path` are `"true"` and `drive-path` is a folder of each desktop's own, as
    in `"/srv/drives/${INSTANCE_ID}"`: on guacd's computer, which makes it, but not the one around it, and
    never removes it. Desktops by VNC are heard where `enable-audio` is `"true"` and `audio-servername` is
    their PulseAudio server, as in `"tcp:${ENDPOINT_HOSTNAME}:4713"`."""

    clipboard: Way = "both"
    """Where texts may be copied to. Desktops from which nothing may be copied are not opened by RFB."""

    files: Way = "both"
    """Where files may be copied to, if the machine shows its files to guacd."""


class Settings(_Section):
    """Everything that can be configured."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    sign_in: SignInSettings = SignInSettings()
    streams: StreamsSettings = StreamsSettings()
    guacamole: GuacamoleSettings = GuacamoleSettings()
    thumbnails: ThumbnailsSettings = ThumbnailsSettings()
    instances: InstancesSettings = InstancesSettings()
    reconciler: ReconcilerSettings = ReconcilerSettings()
    logs: LogsSettings = LogsSettings()

    brokers: dict[Identifier, BrokerSettings] = {"local": BrokerSettings()}
    """The back ends by name."""

    plans: tuple[PlanSettings, ...] = (
        PlanSettings(description="A Linux desktop on this computer.", preset=True),
    )
    """What people can start."""

    @model_validator(mode="after")
    def _plans_fit_together(self) -> Self:
        ids = [plan.id for plan in self.plans]
        if twice := sorted({plan for plan in ids if ids.count(plan) > 1}):
            raise ValueError(f"plans: the id {twice[0]!r} is used twice")
        for plan in self.plans:
            if plan.broker not in self.brokers:
                raise ValueError(
                    f"plans: {plan.id!r} names the broker {plan.broker!r}, which is not configured"
                )
        return self

    @property
    def database_url(self) -> str:
        """The database's address, with the embedded default filled in."""
        file = quote(str(self.server.data_dir.resolve() / "beamdesk.sqlite3"))
        return self.database.url.get_secret_value() or f"sqlite:///{file}"


def origin_of(url: str) -> str:
    """*url* as an origin (RFC 6454, section 6.2): scheme, host in lower case, port unless the default.

    Raises ValueError for what has a path, a query, credentials or another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("write it as https://name or https://name:port")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("it must not have a path: Beamdesk is served at the root of its name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if parts.port in {None, default} else f":{parts.port}")
