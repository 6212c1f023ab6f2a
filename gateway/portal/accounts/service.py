"""Accounts as one service: signs people in and out, and knows whose a credential is."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.config.settings import SignInSettings
from beamdesk.gateway.http.authentication import Proof
from beamdesk.gateway.http.principal import Principal, Via
from beamdesk.gateway.portal.accounts.browsers import BrowserSessions
from beamdesk.gateway.portal.accounts.credentials import csrf_token_of
from beamdesk.gateway.portal.accounts.limiter import AttemptLimiter
from beamdesk.gateway.portal.accounts.links import OneTimeLink
from beamdesk.gateway.portal.accounts.methods import SignInMethod, SignInRefused
from beamdesk.gateway.portal.accounts.model import Scope
from beamdesk.gateway.portal.accounts.people import People, Person
from beamdesk.gateway.portal.accounts.tokens import AccessTokens
from beamdesk.gateway.storage import Database

__all__ = ["Accounts", "SignedIn", "TooManyAttempts"]

MOST_WATCHED = 20_000
"""Sign-ins whose end is looked for; past it the one that was used longest ago is no longer watched."""

SWEEP_SECONDS = 60.0
"""How often rows that have expired are removed. They are worthless at once: every query looks at the time."""

_BROWSER = "browser:"
_TOKEN = "token:"  # noqa: S105  (names a kind, is no secret)

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser session that just began; `secret` goes into its cookie and nowhere else."""

    person: Person
    secret: str
    csrf_token: str


class TooManyAttempts(Exception):  # noqa: N818  (a decision, not a fault)
    """An address failed too often; it has to wait `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.0f} s")
        self.seconds = seconds


class Accounts:
    """People, their sign-ins, and the end of these.

    `on_sign_in_ended` is called for each sign-in that was seen alive here and has ended: by signing
    out, by expiry, or behind our back (another process, the command line), which `expire` finds out.
    Implements `Authenticator`.
    """

    def __init__(
        self,
        database: Database,
        settings: SignInSettings,
        clock: Clock,
        on_sign_in_ended: Callable[[str], None],
        *,
        method: SignInMethod | None = None,
    ) -> None:
        self._clock = clock
        self._on_sign_in_ended = on_sign_in_ended
        self.people = People(database, clock)
        self.links = OneTimeLink(database, clock, seconds=settings.link_seconds)
        self.browsers = BrowserSessions(database, clock, settings)
        self.tokens = AccessTokens(database, clock, settings)
        self.longest_seconds = settings.longest_seconds
        self._method = method or self.links
        self._limiter = AttemptLimiter(settings.attempts_per_minute)
        self._watched: OrderedDict[str, None] = OrderedDict()
        self._swept_at = float("-inf")

    async def sign_in(
        self, credential: str, *, browser: str, address: str, replaces: str | None = None
    ) -> SignedIn:
        """Begin a browser session with a new secret; the one of the cookie *replaces* ends.

        Raises `SignInRefused`, or `TooManyAttempts` without having looked at the credential.
        """
        wait = self._limiter.wait_seconds(address, self._clock.monotonic())
        if wait > 0:
            raise TooManyAttempts(wait)
        try:
            identity = await self._method.identify(credential)
        except SignInRefused:
            self._limiter.failed(address, self._clock.monotonic())
            _log.warning("sign-in refused", address=address)
            raise
        person = await self.people.of(identity)
        secret = await self.browsers.begin(person.id, browser=browser, address=address)
        await self.people.note_sign_in(person.id)
        if replaces is not None:
            ended = await self.browsers.end_by_secret(replaces)
            if ended is not None:
                self._ended(_BROWSER + ended)
        _log.info("signed in", user=person.name, address=address)
        return SignedIn(person, secret, csrf_token_of(secret))

    async def sign_out(self, principal: Principal) -> None:
        """End the browser session that asks; a token ends by being revoked, not by signing out."""
        if principal.via is Via.COOKIE:
            await self.end_browser(principal.sign_in.removeprefix(_BROWSER), principal)

    async def end_browser(self, session_id: str, principal: Principal) -> bool:
        """End one of the person's browser sessions; False when they have none of that id."""
        ended = await self.browsers.end(session_id, principal.user_id)
        if ended:
            self._ended(_BROWSER + session_id)
        return ended

    async def revoke_token(self, token_id: str, principal: Principal) -> bool:
        """Revoke one of the person's tokens; False when they have none of that id."""
        revoked = await self.tokens.revoke(token_id, principal.user_id)
        if revoked:
            self._ended(_TOKEN + token_id)
        return revoked

    async def by_cookie(self, secret: str) -> Proof | None:
        found = await self.browsers.find(secret)
        if found is None:
            return None
        sign_in = _BROWSER + found.id
        self._watch(sign_in)
        principal = Principal(found.user_id, found.name, found.is_admin, sign_in, Via.COOKIE)
        return Proof(principal, csrf_token_of(secret))

    async def by_token(self, secret: str) -> Proof | None:
        found = await self.tokens.find(secret)
        if found is None:
            return None
        sign_in = _TOKEN + found.id
        self._watch(sign_in)
        principal = Principal(found.user_id, found.name, found.is_admin, sign_in, Via.TOKEN)
        return Proof(principal, None, may_write=found.scope is Scope.FULL)

    async def is_signed_in(self, sign_in: str) -> bool:
        """Whether *sign_in* (`Principal.sign_in`) is good at this moment."""
        return bool(await self._alive_among([sign_in]))

    async def expire(self, in_use: Collection[str] = ()) -> None:
        """Remove what has expired and report sign-ins that ended unseen. To be called every few seconds.

        The sign-ins *in_use* have a stream open: who works on a desktop for a day asks the API for nothing.
        """
        browsers = [name.removeprefix(_BROWSER) for name in in_use if name.startswith(_BROWSER)]
        if browsers:
            await self.browsers.prolong(browsers)
        watched = list(self._watched)
        alive = await self._alive_among(watched)
        for sign_in in watched:
            if sign_in not in alive:
                self._ended(sign_in)
        now = self._clock.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            await self.links.remove_expired()
            await self.browsers.remove_expired()
            await self.tokens.remove_expired()

    async def _alive_among(self, sign_ins: Collection[str]) -> set[str]:
        browsers = [name.removeprefix(_BROWSER) for name in sign_ins if name.startswith(_BROWSER)]
        tokens = [name.removeprefix(_TOKEN) for name in sign_ins if name.startswith(_TOKEN)]
        alive = (
            {_BROWSER + found for found in await self.browsers.alive_among(browsers)} if browsers else set()
        )
        if tokens:
            alive |= {_TOKEN + found for found in await self.tokens.alive_among(tokens)}
        return alive

    def _watch(self, sign_in: str) -> None:
        self._watched[sign_in] = None
        self._watched.move_to_end(sign_in)
        if len(self._watched) > MOST_WATCHED:
            self._watched.popitem(last=False)

    def _ended(self, sign_in: str) -> None:
        self._watched.pop(sign_in, None)
        self._on_sign_in_ended(sign_in)
