"""What goes wrong, as RFC 9457 problem documents."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Self

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field

from beamdesk.gateway.http.requests import STARTED, request_id_of

__all__ = ["MEDIA_TYPE", "FieldFault", "Problem", "ProblemDocument", "answer_problems"]

MEDIA_TYPE = "application/problem+json"

_log = structlog.stdlib.get_logger(__name__)


class FieldFault(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or the parameter's name.")
    detail: str = Field(description="A sentence for a person.")


class ProblemDocument(BaseModel):
    """The body of every answer that is not a success (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(default="about:blank", description="Always `about:blank`: `code` tells problems apart.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(description="Stable name of this problem, in kebab-case.")
    detail: str = Field(description="A sentence for a person.")
    request_id: str = Field(description="Names the request in the gateway's log.")
    errors: list[FieldFault] = Field(default=[], description="The fields at fault, where there are some.")


class Problem(Exception):  # noqa: N818  (RFC 9457 calls it so)
    """A request cannot be answered. `detail` is shown to the person: a sentence without secrets."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @classmethod
    def unauthenticated(cls, detail: str = "Sign in first.") -> Self:
        return cls(401, "not-signed-in", detail, headers={"WWW-Authenticate": 'Bearer realm="beamdesk"'})

    @classmethod
    def forbidden(cls, code: str, detail: str) -> Self:
        return cls(403, code, detail)

    @classmethod
    def not_found(cls, detail: str = "There is nothing here.") -> Self:
        return cls(404, "not-found", detail)

    @classmethod
    def conflict(cls, code: str, detail: str) -> Self:
        return cls(409, code, detail)

    @classmethod
    def invalid(cls, errors: Sequence[FieldFault], detail: str = "The request has faults.") -> Self:
        return cls(422, "invalid-request", detail, errors=errors)

    def document(self, request_id: str) -> ProblemDocument:
        return ProblemDocument(
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            code=self.code,
            detail=self.detail,
            request_id=request_id,
            errors=list(self.errors),
        )

    def response(self, request_id: str) -> web.Response:
        return web.Response(
            status=self.status,
            body=self.document(request_id).model_dump_json().encode(),
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever went wrong into a problem document; what we did not foresee into a 500 without detail."""
    try:
        return await handler(request)
    except Problem as problem:
        found = problem
    except web.HTTPException as exception:
        if exception.status < 400:
            raise
        found = _of_exception(exception)
    except Exception:
        if STARTED in request:
            # The head is out: all that is left is to close the connection, as the server then does.
            raise
        _log.exception("request failed", method=request.method, path=request.rel_url.raw_path)
        found = Problem(
            500, "internal", "Something went wrong on our side. The log of the gateway says more."
        )
    if STARTED in request:
        raise found
    return found.response(request_id_of(request))


def _of_exception(exception: web.HTTPException) -> Problem:
    """A problem for what the router or the body reader of aiohttp refused."""
    match exception:
        case web.HTTPNotFound():
            return Problem.not_found()
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(exception.allowed_methods))
            return Problem(
                405, "method-not-allowed", f"Only {allowed} can be used here.", headers={"Allow": allowed}
            )
        case web.HTTPRequestEntityTooLarge():
            return Problem(413, "too-large", "The request is larger than 1 MiB.")
        case _:
            code = HTTPStatus(exception.status).phrase.lower().replace(" ", "-")
            return Problem(exception.status, code, f"{HTTPStatus(exception.status).phrase}.")
