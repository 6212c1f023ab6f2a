"""Routes as typed functions: the one place that knows how a body becomes a model and a model an answer.

    routes = Routes("instances")

    @routes.post("/instances", status=202, headers=("Idempotency-Key",))
    async def create_instance(request: web.Request, body: NewInstance) -> Answer[Instance]:
        \"\"\"Start a desktop.\"\"\"

The parameter `body` names the model of the JSON body, `query` the model of the query string; path
parameters are read from `request.match_info`. The answer is a pydantic model, an `Answer` of one with
headers, None (204), or any `web.StreamResponse`. Services are taken from `request.app[…]` by `web.AppKey`.
Everybody has to sign in unless a route says `public=True`.
"""

import inspect
import json
import re
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from beamdesk.gateway.http.principal import principal_of
from beamdesk.gateway.http.problems import FieldFault, Problem

__all__ = ["API_PREFIX", "Answer", "Route", "Routes", "mount"]

API_PREFIX = "/api/v1"

Model = TypeVar("Model", bound=BaseModel)
Handler = Callable[..., Awaitable[object]]
HandlerType = TypeVar("HandlerType", bound=Handler)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Model]):
    """A model with what else belongs to the response."""

    body: Model
    headers: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[web.Response], None] | None = None
    """Called with the finished response, as in `lambda response: response.set_cookie(…)`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API."""

    method: str
    path: str
    """Below `/api/v1`, with aiohttp's `{parameters}`."""
    tag: str
    operation_id: str
    summary: str
    description: str
    status: int
    handler: Handler
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    headers: tuple[str, ...]
    media_type: str | None
    """What is answered when it is not JSON."""
    public: bool

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters."""
        return tuple(re.findall(r"\{(\w+)", self.path))


class Routes:
    """The operations of one noun, in the order in which they are written down."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def get(
        self,
        path: str,
        *,
        status: int = 200,
        headers: tuple[str, ...] = (),
        media_type: str | None = None,
        public: bool = False,
    ) -> Callable[[HandlerType], HandlerType]:
        return self._add("GET", path, status, headers=headers, media_type=media_type, public=public)

    def post(
        self, path: str, *, status: int = 200, headers: tuple[str, ...] = (), public: bool = False
    ) -> Callable[[HandlerType], HandlerType]:
        return self._add("POST", path, status, headers=headers, public=public)

    def patch(
        self, path: str, *, status: int = 200, headers: tuple[str, ...] = (), public: bool = False
    ) -> Callable[[HandlerType], HandlerType]:
        return self._add("PATCH", path, status, headers=headers, public=public)

    def delete(
        self, path: str, *, status: int = 204, headers: tuple[str, ...] = (), public: bool = False
    ) -> Callable[[HandlerType], HandlerType]:
        return self._add("DELETE", path, status, headers=headers, public=public)

    def _add(
        self,
        method: str,
        path: str,
        status: int,
        *,
        headers: tuple[str, ...],
        public: bool,
        media_type: str | None = None,
    ) -> Callable[[HandlerType], HandlerType]:
        def register(handler: HandlerType) -> HandlerType:
            hints = typing.get_type_hints(handler)
            summary, _, description = (inspect.getdoc(handler) or "").partition("\n")
            if not summary:
                raise TypeError(f"{handler.__qualname__}: a route's docstring is its summary")
            self._routes.append(
                Route(
                    method=method,
                    path=path,
                    tag=self.tag,
                    operation_id=handler.__name__,
                    summary=summary.rstrip("."),
                    description=description.strip(),
                    status=status,
                    handler=handler,
                    body=_model(hints.get("body")),
                    query=_model(hints.get("query")),
                    answer=_model(hints.get("return")),
                    headers=headers,
                    media_type=media_type,
                    public=public,
                )
            )
            return handler

        return register


def mount(app: web.Application, *groups: Routes) -> None:
    """Add the routes to *app* below `/api/v1`."""
    for group in groups:
        for route in group:
            app.router.add_route(route.method, API_PREFIX + route.path, _bound(route))


def _model(hint: object) -> type[BaseModel] | None:
    """The model inside a parameter's or an answer's annotation, None where there is no JSON."""
    if typing.get_origin(hint) is Answer:
        (hint,) = typing.get_args(hint)
    return hint if isinstance(hint, type) and issubclass(hint, BaseModel) else None


def _bound(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        if not route.public:
            principal_of(request)
        if any("\0" in value for value in request.match_info.values()):
            raise Problem.not_found()
        arguments: dict[str, BaseModel] = {}
        if route.query is not None:
            arguments["query"] = _validated(route.query, _query(request), pointer=lambda where: where)
        if route.body is not None:
            arguments["body"] = _validated(
                route.body, await _json(request), pointer=lambda where: f"/{where}"
            )
        return _response(route, await route.handler(request, **arguments))

    return answer


def _query(request: web.Request) -> dict[str, str]:
    if repeated := [name for name in request.query if len(request.query.getall(name)) > 1]:
        raise Problem.invalid([FieldFault(pointer=repeated[0], detail="May be given once only.")])
    if any("\0" in text for pair in request.query.items() for text in pair):
        raise _nul_refused()
    return dict(request.query)


async def _json(request: web.Request) -> object:
    if request.content_type != "application/json":
        raise Problem(415, "not-json", "The body has to be JSON, with the content type application/json.")
    raw = await request.read()
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Problem(400, "malformed-json", "The body is not valid JSON.") from None
    if b"\\u0000" in raw and _has_nul(value):
        raise _nul_refused()
    return value


def _refuse_constant(name: str) -> None:
    # Python reads NaN and Infinity, which are no JSON (RFC 8259, section 6).
    raise ValueError(name)


def _nul_refused() -> Problem:
    return Problem(400, "nul-character", "Text may not contain the character NUL.")


def _has_nul(value: object) -> bool:
    """Whether a NUL character is anywhere in *value*: PostgreSQL cannot store it, and nobody types it."""
    match value:
        case str():
            return "\0" in value
        case dict():
            return any(_has_nul(item) for pair in value.items() for item in pair)
        case list():
            return any(map(_has_nul, value))
        case _:
            return False


def _validated(model: type[BaseModel], value: object, pointer: Callable[[str], str]) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem.invalid(
            [
                FieldFault(pointer=pointer("/".join(map(str, fault["loc"]))), detail=_sentence(fault["msg"]))
                for fault in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from None


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].upper() + message[1:].rstrip(".") + "."


def _response(route: Route, result: object) -> web.StreamResponse:
    match result:
        case None:
            return web.Response(status=204)
        case web.StreamResponse():
            return result
        case Answer(body=body, headers=headers, prepare=prepare):
            response = _of_model(body, route.status)
            response.headers.update(headers)
            if prepare is not None:
                prepare(response)
            return response
        case BaseModel():
            return _of_model(result, route.status)
        case _:
            raise TypeError(f"{route.operation_id} answered {type(result).__name__}, which is no answer")


def _of_model(body: BaseModel, status: int) -> web.Response:
    return web.Response(
        status=status, body=body.model_dump_json().encode(), content_type="application/json", charset="utf-8"
    )
