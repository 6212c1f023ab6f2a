"""The description of the API, made from its routes and models.

`describe` is pure: the same code gives the same text, so the web UI's types can be generated from it and a
test can tell when they are stale.
"""

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Literal

from openapi_pydantic import (
    Components,
    Header,
    Info,
    MediaType,
    OpenAPI,
    Operation,
    Parameter,
    ParameterLocation,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
    Tag,
)
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core.core_schema import DataclassField, ModelField, TypedDictField

from beamdesk.gateway.http.authentication import CSRF_HEADER
from beamdesk.gateway.http.contract import API_PREFIX, Route, Routes
from beamdesk.gateway.http.problems import MEDIA_TYPE, ProblemDocument

__all__ = ["describe"]

REF = "#/components/schemas/{model}"
Mode = Literal["validation", "serialization"]
SchemaNames = dict[tuple[type, Mode], str]

_ABOUT = (
    "Errors are RFC 9457 problem documents. Programs send `Authorization: Bearer <access token>`; "
    f"browsers send their cookie and, with each write, the header `{CSRF_HEADER}` that `GET /me` tells."
)


def describe(groups: Sequence[Routes], event_models: Sequence[type[BaseModel]] = ()) -> str:
    """The OpenAPI 3.1 document as JSON text.

    *event_models* are no operation's answer but stand among the schemas, so that types come from one place.
    """
    routes = [route for group in groups for route in group]
    _check_unique(route.operation_id for route in routes)
    schemas, names = _schemas(routes, event_models)
    paths: dict[str, PathItem] = {}
    for route in routes:
        item = paths.setdefault(route.path, PathItem())
        setattr(item, route.method.lower(), _operation(route, names, schemas))
    document = OpenAPI(
        info=Info(title="Beamdesk", version=version("beamdesk"), description=_ABOUT),
        servers=[Server(url=API_PREFIX)],
        tags=[Tag(name=group.tag) for group in groups],
        paths=paths,
        components=Components(
            schemas={name: Schema.model_validate(schema) for name, schema in sorted(schemas.items())},
            securitySchemes={
                "cookie": SecurityScheme(
                    type="apiKey",
                    security_scheme_in="cookie",
                    name="beamdesk_session",
                    description="Set by `POST /sign-in`; named `__Host-beamdesk_session` on https.",
                ),
                "token": SecurityScheme(type="http", scheme="bearer"),
            },
        ),
    )
    plain = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


class _Schemas(GenerateJsonSchema):
    def field_is_required(self, field: ModelField | DataclassField | TypedDictField, total: bool) -> bool:
        """What we answer always has all of its fields, also those with defaults."""
        return self.mode == "serialization" or super().field_is_required(field, total)


def _check_unique(operation_ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in operation_ids:
        if name in seen:
            raise ValueError(f"two operations are called {name!r}")
        seen.add(name)


def _schemas(
    routes: Sequence[Route], event_models: Sequence[type[BaseModel]]
) -> tuple[dict[str, dict[str, object]], SchemaNames]:
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(ProblemDocument, "serialization"): None}
    for route in routes:
        for model in (route.body, route.query):
            if model is not None:
                wanted[model, "validation"] = None
        if route.answer is not None:
            wanted[route.answer, "serialization"] = None
    wanted.update({(model, "serialization"): None for model in event_models})
    by_model, definitions = models_json_schema(list(wanted), ref_template=REF, schema_generator=_Schemas)
    names: SchemaNames = {key: str(schema["$ref"]).rpartition("/")[2] for key, schema in by_model.items()}
    return definitions.get("$defs", {}), names


def _operation(route: Route, names: SchemaNames, schemas: dict[str, dict[str, object]]) -> Operation:
    operation = Operation(
        operationId=route.operation_id,
        tags=[route.tag],
        summary=route.summary,
        description=route.description or None,
        parameters=[
            *_path_parameters(route),
            *_query_parameters(route, names, schemas),
            *_header_parameters(route),
        ]
        or None,
        responses={
            str(route.status): _success(route, names),
            "default": Response(
                description="A problem", content={MEDIA_TYPE: _media(names[ProblemDocument, "serialization"])}
            ),
        },
        security=[] if route.public else [{"cookie": []}, {"token": []}],
    )
    if route.body is not None:
        body = {"application/json": _media(names[route.body, "validation"])}
        operation.requestBody = RequestBody(required=True, content=body)
    return operation


def _success(route: Route, names: SchemaNames) -> Response:
    response = Response(description=HTTPStatus(route.status).phrase)
    if route.answer is not None:
        response.content = {"application/json": _media(names[route.answer, "serialization"])}
    elif route.media_type is not None:
        binary = Schema.model_validate({"type": "string", "format": "binary"})
        response.content = {route.media_type: MediaType(media_type_schema=binary)}
    if route.status == HTTPStatus.ACCEPTED and route.method == "POST":
        text = Schema.model_validate({"type": "string"})
        response.headers = {"Location": Header(description="Where to look next.", param_schema=text)}
    return response


def _path_parameters(route: Route) -> list[Parameter]:
    return [
        _parameter(name, ParameterLocation.PATH, {"type": "string"}, required=True)
        for name in route.parameters
    ]


def _header_parameters(route: Route) -> list[Parameter]:
    return [
        _parameter(name, ParameterLocation.HEADER, {"type": "string"}, required=False)
        for name in route.headers
    ]


def _query_parameters(
    route: Route, names: SchemaNames, schemas: dict[str, dict[str, object]]
) -> list[Parameter]:
    if route.query is None:
        return []
    schema = schemas[names[route.query, "validation"]]
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise TypeError(f"{route.operation_id}: the query's model has to have fields")
    return [
        _parameter(name, ParameterLocation.QUERY, field, required=name in required)
        for name, field in properties.items()
    ]


def _parameter(
    name: str, where: ParameterLocation, schema: dict[str, object], *, required: bool
) -> Parameter:
    return Parameter.model_validate({"name": name, "in": where, "required": required, "schema": schema})


def _media(name: str) -> MediaType:
    return MediaType(media_type_schema=Reference.model_validate({"$ref": REF.format(model=name)}))
