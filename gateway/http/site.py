"""Which names and origins are ours.

Without a public URL Beamdesk is a server on somebody's computer: any web page could point its own name at
127.0.0.1 (DNS rebinding) or post to it (CSRF). So a Host header must carry a name that was configured,
a loopback name or an IP address, which nobody can rebind; and an Origin header must be that very origin.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from beamdesk.gateway.config.settings import ServerSettings
from beamdesk.gateway.http.address import Network
from beamdesk.gateway.http.problems import Problem

__all__ = ["Site", "guard"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

PROBED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Load balancers and Prometheus ask these by address or by a name of their own; nothing personal is there."""

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Site:
    """The names under which Beamdesk is reached."""

    public_origin: str | None
    """As in `https://desk.example.org`; None derives the origin from each request's Host header."""
    further_origins: frozenset[str]
    names: frozenset[str]
    trusted_proxies: tuple[Network, ...] = ()

    @classmethod
    def of(cls, server: ServerSettings) -> Self:
        origins = frozenset(server.allowed_origins)
        named = {urlsplit(origin).hostname or "" for origin in (*origins, server.public_url or "")}
        return cls(
            public_origin=server.public_url,
            further_origins=origins,
            trusted_proxies=tuple(map(ipaddress.ip_network, server.trusted_proxies)),
            names=frozenset(
                {"localhost", server.host.lower(), *map(str.lower, server.allowed_hosts), *named} - {""}
            ),
        )

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us by https only."""
        return self.public_origin is not None and self.public_origin.startswith("https:")

    def answers_to(self, host: str) -> bool:
        """Whether *host*, a Host header, is one of ours."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].strip("[]").lower()
        return name in self.names or _is_address(name)

    def trusts(self, origin: str, host: str) -> bool:
        """Whether a page of *origin*, an Origin header, may use what *host* answers."""
        if origin in self.further_origins:
            return True
        own = self.public_origin or f"http://{_without_default_port(host.lower())}"
        return origin == own


def guard(site: Site) -> Middleware:
    """Refuse foreign Host headers (421) and foreign origins (403) before anybody looks at the request."""

    @web.middleware
    async def refuse_foreigners(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in PROBED and request.method in SAFE_METHODS:
            return await handler(request)
        host = request.headers.get(hdrs.HOST, "")
        # An absolute request target (RFC 9112, section 3.2.2) would override the header further in: nobody
        # but a proxy's client sends one.
        if not site.answers_to(host) or not request.raw_path.startswith("/"):
            raise Problem(
                421,
                "unknown-host",
                "Beamdesk does not answer to this name. Its operator can add it with server.public_url "
                "or server.allowed_hosts.",
            )
        origin = request.headers.get(hdrs.ORIGIN)
        may_change = request.method not in SAFE_METHODS or hdrs.UPGRADE in request.headers
        if may_change:
            _check_origin(site, origin, host, by_cookie=hdrs.COOKIE in request.headers)
        return await handler(request)

    return refuse_foreigners


def _check_origin(site: Site, origin: str | None, host: str, *, by_cookie: bool) -> None:
    """Browsers always send an Origin with what changes something; a program without a cookie need not."""
    if origin is None:
        if by_cookie:
            raise Problem.forbidden("no-origin", "A browser has to say which page asks (Origin header).")
        return
    if not site.trusts(origin, host):
        raise Problem.forbidden("foreign-origin", "Pages of another site may not use Beamdesk.")


def _without_default_port(host: str) -> str:
    return host.removesuffix(":80")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
