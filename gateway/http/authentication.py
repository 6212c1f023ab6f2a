"""From a cookie or a bearer token to a principal."""

import hmac
from dataclasses import dataclass
from typing import Protocol

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from beamdesk.gateway.http.cookies import SessionCookie
from beamdesk.gateway.http.principal import PRINCIPAL, Principal
from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.http.site import SAFE_METHODS

__all__ = ["CSRF_HEADER", "CSRF_TOKEN", "SIGN_IN_PATH", "Authenticator", "Proof", "authentication"]

CSRF_HEADER = "X-CSRF-Token"
CSRF_TOKEN = web.RequestKey("CSRF_TOKEN", str)
"""What the page of this browser session has to send with its writes."""

PROTECTED = "/api/"
"""Only the API knows people: the web UI's files are public and streams are opened by tickets."""

SIGN_IN_PATH = "/api/v1/sign-in"
"""Whoever signs in comes without a session, or with one that is about to be replaced."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A credential that was found to be good."""

    principal: Principal
    csrf_token: str | None
    """For browser sessions; None where no browser is involved."""
    may_write: bool = True


class Authenticator(Protocol):
    """Says whose a credential is; None when it is nobody's (any more)."""

    async def by_cookie(self, secret: str) -> Proof | None: ...

    async def by_token(self, secret: str) -> Proof | None: ...


def authentication(authenticator: Authenticator, cookie: SessionCookie) -> Middleware:
    """Find out who asks. Requests without a credential pass on without a principal."""

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(PROTECTED) or request.path == SIGN_IN_PATH:
            return await handler(request)
        proof = await _proof(request)
        if proof is not None:
            if request.method not in SAFE_METHODS:
                _check_write(request, proof)
            request[PRINCIPAL] = proof.principal
            if proof.csrf_token is not None:
                request[CSRF_TOKEN] = proof.csrf_token
        return await handler(request)

    async def _proof(request: web.Request) -> Proof | None:
        authorization = request.headers.get(hdrs.AUTHORIZATION)
        if authorization is not None:
            scheme, _, secret = authorization.partition(" ")
            proof = await authenticator.by_token(secret.strip()) if scheme.lower() == "bearer" else None
            if proof is None:
                # Never fall back to a cookie: a program has to learn that its token is not good any more.
                raise Problem.unauthenticated("This access token is not valid (any more).")
            return proof
        secret_of_browser = cookie.read(request)
        return None if secret_of_browser is None else await authenticator.by_cookie(secret_of_browser)

    return authenticate


def _check_write(request: web.Request, proof: Proof) -> None:
    if not proof.may_write:
        raise Problem.forbidden("read-only-token", "This access token may only read.")
    if proof.csrf_token is None:
        return
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), proof.csrf_token.encode()):
        raise Problem.forbidden(
            "csrf", f"The header {CSRF_HEADER} is missing or not of this session: reload the page."
        )
