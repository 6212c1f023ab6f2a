"""Who asks."""

from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.tickets import UserId

__all__ = ["PRINCIPAL", "Principal", "Via", "principal_of"]


class Via(StrEnum):
    """How a request proved who asks."""

    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105  (names a way, is no secret)


@dataclass(frozen=True, slots=True)
class Principal:
    """A person who signed in, through a browser or a program of theirs."""

    user_id: UserId
    name: str
    is_admin: bool
    sign_in: str
    """Identifies the browser session or access token; viewers end with it. Not a secret."""
    via: Via


PRINCIPAL = web.RequestKey("PRINCIPAL", Principal)
"""Set by the authentication middleware on requests of people who signed in."""


def principal_of(request: web.Request) -> Principal:
    """Who asks; raises the problem 401 when nobody signed in."""
    if PRINCIPAL not in request:
        raise Problem.unauthenticated()
    return request[PRINCIPAL]
