"""Routes of accounts."""

import math
from dataclasses import asdict

from aiohttp import hdrs, web

from beamdesk.gateway.http.address import address_of
from beamdesk.gateway.http.application import COOKIE, SITE
from beamdesk.gateway.http.authentication import CSRF_TOKEN
from beamdesk.gateway.http.contract import Answer, Routes
from beamdesk.gateway.http.principal import Via, principal_of
from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.portal.accounts.methods import SignInRefused
from beamdesk.gateway.portal.accounts.model import (
    AccessTokenAnswer,
    AccessTokens,
    Me,
    NewAccessToken,
    NewAccessTokenAnswer,
    SignInAnswer,
    SignInRequest,
    SignIns,
)
from beamdesk.gateway.portal.accounts.people import Person
from beamdesk.gateway.portal.accounts.service import Accounts, TooManyAttempts
from beamdesk.gateway.portal.accounts.tokens import TokenRefused

__all__ = ["ACCOUNTS", "INSTANCE_LIMIT", "routes"]

ACCOUNTS = web.AppKey("ACCOUNTS", Accounts)
INSTANCE_LIMIT = web.AppKey("INSTANCE_LIMIT", int)
"""Instances that one person may have at the same time (`instances.per_person`)."""

routes = Routes("accounts")


@routes.post("/sign-in", public=True)
async def sign_in(request: web.Request, body: SignInRequest) -> Answer[Me]:
    """Begin a browser session with the secret of a one-time link.

    The link's page sends it from the fragment of its address, which never reaches a log. Whatever session the
    browser had before ends.
    """
    cookie = request.app[COOKIE]
    accounts = request.app[ACCOUNTS]
    try:
        begun = await accounts.sign_in(
            body.token,
            browser=request.headers.get(hdrs.USER_AGENT, ""),
            address=address_of(request, request.app[SITE].trusted_proxies),
            replaces=cookie.read(request),
        )
    except SignInRefused:
        raise Problem(
            401,
            "link-refused",
            "This sign-in link was used already, has expired, or never existed. Ask for a new one.",
        ) from None
    except TooManyAttempts as refusal:
        raise Problem(
            429,
            "too-many-attempts",
            "Too many sign-ins from your address failed. Try again in a minute.",
            headers={"Retry-After": str(math.ceil(refusal.seconds))},
        ) from None
    me = _me(request, begun.person, begun.csrf_token)
    return Answer(me, prepare=lambda response: cookie.set(response, begun.secret, accounts.longest_seconds))


@routes.post("/sign-out", status=204)
async def sign_out(request: web.Request) -> web.Response:
    """End this browser session."""
    await request.app[ACCOUNTS].sign_out(principal_of(request))
    response = web.Response(status=204)
    request.app[COOKIE].clear(response)
    return response


@routes.get("/me")
async def get_me(request: web.Request) -> Me:
    """Who asks."""
    person = await request.app[ACCOUNTS].people.by_id(principal_of(request).user_id)
    if person is None:
        raise Problem.unauthenticated()
    return _me(request, person, request.get(CSRF_TOKEN))


@routes.get("/sign-ins")
async def list_sign_ins(request: web.Request) -> SignIns:
    """The browsers in which this person is signed in."""
    principal = principal_of(request)
    found = await request.app[ACCOUNTS].browsers.of(principal.user_id)
    return SignIns(
        items=[
            SignInAnswer(**asdict(item), current=principal.sign_in == f"browser:{item.id}") for item in found
        ]
    )


@routes.delete("/sign-ins/{id}")
async def end_sign_in(request: web.Request) -> None:
    """Sign out of one browser; its desktops close there."""
    if not await request.app[ACCOUNTS].end_browser(request.match_info["id"], principal_of(request)):
        raise Problem.not_found("There is no such sign-in.")


@routes.get("/tokens")
async def list_tokens(request: web.Request) -> AccessTokens:
    """Access tokens of the person who asks, without their secrets."""
    found = await request.app[ACCOUNTS].tokens.of(principal_of(request).user_id)
    return AccessTokens(items=[AccessTokenAnswer(**asdict(item)) for item in found])


@routes.post("/tokens", status=201)
async def create_token(request: web.Request, body: NewAccessToken) -> NewAccessTokenAnswer:
    """Make an access token for programs. Its secret is told this one time."""
    principal = principal_of(request)
    if principal.via is not Via.COOKIE:
        # A leaked token must not be able to outlive its own expiry and revocation through others.
        raise Problem.forbidden(
            "browser-only", "Access tokens are made in the browser or by `beamdesk token create`."
        )
    try:
        token, secret = await request.app[ACCOUNTS].tokens.issue(
            principal.user_id, body.name, scope=body.scope, days=body.days
        )
    except TokenRefused as refusal:
        raise Problem.conflict("token-refused", str(refusal)) from None
    return NewAccessTokenAnswer(**asdict(token), token=secret)


@routes.delete("/tokens/{id}")
async def revoke_token(request: web.Request) -> None:
    """Revoke an access token; what its programs have open ends."""
    if not await request.app[ACCOUNTS].revoke_token(request.match_info["id"], principal_of(request)):
        raise Problem.not_found("There is no such access token.")


def _me(request: web.Request, person: Person, csrf_token: str | None) -> Me:
    return Me(
        id=person.id,
        name=person.name,
        display_name=person.display_name,
        is_admin=person.is_admin,
        csrf_token=csrf_token,
        instance_limit=request.app[INSTANCE_LIMIT],
    )
