"""The cookie that carries a browser session."""

from dataclasses import dataclass

from aiohttp import web

__all__ = ["SessionCookie"]


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """Sets, reads and clears the session cookie (RFC 6265bis, section 4.1.3.2 for the prefix).

    On https the `__Host-` prefix makes browsers refuse a cookie of that name from a sibling domain or
    over http, so that nobody can slip a session of theirs under a person.
    """

    secure: bool

    @property
    def name(self) -> str:
        return "__Host-beamdesk_session" if self.secure else "beamdesk_session"

    def read(self, request: web.Request) -> str | None:
        return request.cookies.get(self.name)

    def set(self, response: web.Response, secret: str, seconds: float) -> None:
        response.set_cookie(
            self.name,
            secret,
            max_age=int(seconds),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="Lax",
        )

    def clear(self, response: web.Response) -> None:
        response.del_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="Lax")
