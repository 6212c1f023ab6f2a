"""The description of the API."""

import json

import pytest
from aiohttp import web
from openapi_pydantic import OpenAPI

from beamdesk.gateway.http.contract import Routes
from beamdesk.gateway.http.openapi import describe
from support.small_api import Client, Event, Thing, routes


@pytest.fixture(scope="module")
def document() -> OpenAPI:
    return OpenAPI.model_validate_json(describe([routes], [Event]))


async def test_it_is_served_to_everybody(client: Client) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.status == 200
    assert await answer.text() == describe([routes], [Event])


def test_operations_carry_ids_models_and_problems(document: OpenAPI) -> None:
    plain = json.loads(describe([routes], [Event]))
    create = plain["paths"]["/things"]["post"]
    assert create["operationId"] == "create_thing"
    assert create["summary"] == "Make a thing"
    body = create["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NewThing"}
    answer = create["responses"]["202"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert "Location" in answer["headers"]
    problem = create["responses"]["default"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/ProblemDocument"}
    assert [parameter["name"] for parameter in create["parameters"]] == ["Idempotency-Key"]
    assert create["security"] == [{"cookie": []}, {"token": []}]


def test_public_operations_need_nothing(document: OpenAPI) -> None:
    plain = json.loads(describe([routes]))
    search = plain["paths"]["/search"]["get"]
    assert search["security"] == []
    assert search["description"] == "Anybody may."
    (parameter,) = search["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("least", "query", False)


def test_path_parameters_are_required(document: OpenAPI) -> None:
    plain = json.loads(describe([routes]))
    (parameter,) = plain["paths"]["/things/{id}"]["get"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("id", "path", True)


def test_events_and_problems_stand_among_the_schemas(document: OpenAPI) -> None:
    assert document.components is not None
    assert {"Event", "Thing", "NewThing", "ProblemDocument", "FieldFault"} <= set(
        document.components.schemas or {}
    )


def test_what_is_answered_always_has_all_fields(document: OpenAPI) -> None:
    schemas = json.loads(describe([routes], [Event]))["components"]["schemas"]
    assert "type" in schemas["Event"]["required"]
    assert schemas["NewThing"]["required"] == ["name"]


def test_the_text_is_the_same_every_time() -> None:
    assert describe([routes], [Event]) == describe([routes], [Event])


def test_two_operations_of_one_name_are_refused() -> None:
    other = Routes("others")

    @other.get("/others")
    async def get_thing(request: web.Request) -> Thing:
        """Also a thing."""
        raise NotImplementedError

    with pytest.raises(ValueError, match="get_thing"):
        describe([routes, other])


def test_a_route_without_a_summary_is_refused() -> None:
    silent = Routes("silent")

    async def handler(request: web.Request) -> Thing:
        raise NotImplementedError

    with pytest.raises(TypeError, match="docstring"):
        silent.get("/silent")(handler)
