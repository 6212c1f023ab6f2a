"""Instances over HTTP, as their owners, administrators and strangers see them."""

import asyncio
from datetime import timedelta

import pytest

from beamdesk.gateway.portal.instances.live import ViewerSeen
from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import InstanceId
from support.portal_app import Caller, Portal
from support.scripted_broker import Call

WANTED = {"plan": "desktop"}
UNKNOWN = "01a20000-0000-7000-8000-000000000000"

ON_AN_INSTANCE = [
    ("GET", "", None),
    ("PATCH", "", {"name": "mine"}),
    ("DELETE", "", None),
    ("POST", "/actions/start", None),
    ("POST", "/actions/stop", None),
    ("POST", "/actions/reboot", None),
    ("GET", "/history", None),
    ("GET", "/log", None),
    ("GET", "/thumbnail", None),
    ("POST", "/tickets", {"stream": "rfb"}),
]


async def made(owner: Caller, **wanted: object) -> str:
    answer = await owner.post("/instances", {**WANTED, **wanted})
    assert answer.status == 202, answer.body
    return str(answer.body["id"])


async def test_an_instance_is_accepted_and_can_be_looked_at(marie: Caller) -> None:
    wanted = {
        "name": "  Füße 日本語 ",
        "comment": "first line\nsecond line",
        "screen": {"mode": "fixed", "width": 1920, "height": 1080},
        "keyboard": "ch(fr)",
    }
    answer = await marie.post("/instances", {**WANTED, **wanted})
    assert answer.status == 202
    instance = answer.body
    assert answer.headers["Location"] == f"/api/v1/instances/{instance['id']}"
    assert instance == {
        "id": instance["id"],
        "name": "Füße 日本語",
        "comment": "first line\nsecond line",
        "plan": {"id": "desktop", "name": "Desktop", "icon": "desktop"},
        "owner": {"id": marie.user_id, "name": "marie"},
        "role": "owner",
        "state": "REQUESTED",
        "desired": "running",
        "phase": None,
        "error": None,
        "unreachable": False,
        "screen": {"mode": "fixed", "width": 1920, "height": 1080},
        "keyboard": "ch(fr)",
        "streams": ["rfb"],
        "created_at": "2030-01-02T03:04:05Z",
        "state_since": "2030-01-02T03:04:05Z",
        "thumbnail": None,
        "viewers": [],
    }
    assert (await marie.get(f"/instances/{instance['id']}")).body == instance
    assert (await marie.get("/instances")).body == {"items": [instance]}


async def test_what_is_left_out_is_filled_in(marie: Caller) -> None:
    instance = (await marie.post("/instances", WANTED)).body
    adjective, noun = instance["name"].split("-")
    assert adjective.isalpha()
    assert noun.isalpha()
    assert instance["screen"] == {"mode": "fit", "width": 1280, "height": 800}
    assert instance["keyboard"] == "us"


async def test_nobody_learns_the_machines_name_or_secrets(portal: Portal, marie: Caller) -> None:
    async with portal.world.reconciling():
        instance = await made(marie)
        await portal.world.settled(InstanceId(instance))
    ref = portal.world.cloud.of(instance).ref
    for path in ("", "/history"):
        assert ref not in str((await marie.get(f"/instances/{instance}{path}")).body)


FAULTY = [
    ({"plan": "unheard-of"}, "/plan"),
    ({"plan": "Desktop; DROP"}, "/plan"),
    ({"name": ""}, "/name"),
    ({"name": "   "}, "/name"),
    ({"name": "x" * 251}, "/name"),
    ({"name": "two\nlines"}, "/name"),
    ({"name": "bell\x07"}, "/name"),
    ({"name": "escape\x1b[31m"}, "/name"),
    ({"name": "turned \u202ekcab"}, "/name"),
    ({"name": "two\u2028lines"}, "/name"),
    ({"name": "half \ud800"}, "/name"),
    ({"name": "\u0958" * 200}, "/name"),  # twice as long in normal form
    ({"name": 7}, "/name"),
    ({"comment": "x" * 2501}, "/comment"),
    ({"comment": "escape\x1b[31m"}, "/comment"),
    ({"keyboard": "qwertz"}, "/keyboard"),
    ({"keyboard": "us; rm -rf"}, "/keyboard"),
    ({"screen": {"mode": "fixed", "width": 63, "height": 600}}, "/screen/width"),
    ({"screen": {"mode": "fixed", "width": 3841, "height": 600}}, "/screen/width"),
    ({"screen": {"mode": "fixed", "width": 800, "height": 63}}, "/screen/height"),
    ({"screen": {"mode": "fixed", "width": 800, "height": 2161}}, "/screen/height"),
    ({"screen": {"mode": "huge", "width": 800, "height": 600}}, "/screen/mode"),
    ({"screen": {"width": "800", "height": 600}}, "/screen/width"),
    ({"owner": "pierre"}, "/owner"),
]


async def test_hostile_and_mistaken_wishes_are_refused_with_the_place(marie: Caller) -> None:
    for wanted, pointer in FAULTY:
        answer = await marie.post("/instances", {**WANTED, **wanted})
        assert (answer.status, answer.code) == (422, "invalid-request"), wanted
        assert [fault["pointer"] for fault in answer.body["errors"]] == [pointer], wanted
    for field in ("name", "comment", "plan", "keyboard"):
        assert (await marie.post("/instances", {**WANTED, field: "nul\x00"})).status in {400, 422}
    assert (await marie.get("/instances")).body == {"items": []}


async def test_the_longest_name_and_comment_are_taken(marie: Caller) -> None:
    instance = await made(marie, name="ü" * 250, comment="x" * 2500)
    shown = (await marie.get(f"/instances/{instance}")).body
    assert (len(shown["name"]), len(shown["comment"])) == (250, 2500)


async def test_strangers_do_not_learn_that_an_instance_exists(marie: Caller, pierre: Caller) -> None:
    instance = await made(marie)
    before = (await marie.get(f"/instances/{instance}")).body
    for method, path, body in ON_AN_INSTANCE:
        foreign = await pierre.call(method, f"/instances/{instance}{path}", body)
        unknown = await pierre.call(method, f"/instances/{UNKNOWN}{path}", body)
        assert foreign.status == unknown.status == 404, (method, path)
        told = [{**answer.body, "request_id": ""} for answer in (foreign, unknown)]
        assert told[0] == told[1], (method, path)
    assert (await marie.get(f"/instances/{instance}")).body == before


async def test_what_cannot_be_an_id_is_unknown(marie: Caller) -> None:
    for name in ("1", "%00", "x" * 200, "..%2f..", UNKNOWN.upper(), UNKNOWN + "%0a"):
        assert (await marie.get(f"/instances/{name}")).status in {400, 404}, name
        assert (await marie.post(f"/instances/{name}/actions/stop")).status in {400, 404}, name


async def test_nobody_gets_in_without_a_sign_in(portal: Portal) -> None:
    for method, path in (("GET", "/instances"), ("POST", "/instances"), ("GET", f"/instances/{UNKNOWN}")):
        async with portal.client.request(method, f"/api/v1{path}", json=WANTED) as answer:
            assert answer.status == 401


async def test_administrators_see_everybodys_instances_when_they_ask(
    marie: Caller, pierre: Caller, root: Caller
) -> None:
    instances = {await made(marie), await made(pierre)}
    assert (await root.get("/instances")).body == {"items": []}
    everything = (await root.get("/instances?scope=all")).body["items"]
    assert {each["id"] for each in everything} == instances
    assert {each["role"] for each in everything} == {"admin"}
    assert (await marie.get("/instances?scope=all")).status == 403
    assert (await marie.get("/instances?scope=mine")).status == 422


async def test_each_person_has_their_own_list(marie: Caller, pierre: Caller) -> None:
    mine, theirs = await made(marie), await made(pierre)
    assert [each["id"] for each in (await marie.get("/instances")).body["items"]] == [mine]
    assert [each["id"] for each in (await pierre.get("/instances")).body["items"]] == [theirs]


async def test_names_and_comments_can_be_changed(marie: Caller) -> None:
    instance = await made(marie, name="old", comment="kept")
    answer = await marie.call("PATCH", f"/instances/{instance}", {"name": "new"})
    assert (answer.status, answer.body["name"], answer.body["comment"]) == (200, "new", "kept")
    assert (await marie.call("PATCH", f"/instances/{instance}", {})).status == 422
    assert (await marie.call("PATCH", f"/instances/{instance}", {"state": "READY"})).status == 422
    assert (await marie.get(f"/instances/{instance}")).body["name"] == "new"


async def test_a_person_has_no_more_instances_than_allowed(portal: Portal, marie: Caller) -> None:
    async with portal.world.reconciling():
        first = await made(marie)
        await made(marie)
        answer = await marie.post("/instances", WANTED)
        assert (answer.status, answer.code) == (409, "instance-limit")
        assert answer.body["detail"] == "You have 2 of at most 2 instances. Delete one to start another."
        await marie.call("DELETE", f"/instances/{first}")
        await portal.world.settled(InstanceId(first))
        await made(marie)


async def test_requests_at_once_do_not_get_around_the_limit(marie: Caller, pierre: Caller) -> None:
    answers = await asyncio.gather(*(who.post("/instances", WANTED) for who in (marie, pierre) * 6))
    for theirs in (answers[::2], answers[1::2]):
        assert sorted(answer.status for answer in theirs) == [202, 202, 409, 409, 409, 409]


async def test_a_repeated_request_gets_the_same_answer_and_nothing_new(portal: Portal, marie: Caller) -> None:
    key = {"Idempotency-Key": "abc"}
    first = await marie.post("/instances", WANTED, key)
    async with portal.world.reconciling():
        await portal.world.settled(InstanceId(first.body["id"]))
    again = await marie.post("/instances", WANTED, key)
    assert (again.status, again.body, again.headers["Location"]) == (
        202,
        first.body,
        first.headers["Location"],
    )
    assert len((await marie.get("/instances")).body["items"]) == 1


async def test_repeated_requests_at_once_make_one_instance(marie: Caller) -> None:
    answers = await asyncio.gather(
        *(marie.post("/instances", WANTED, {"Idempotency-Key": "abc"}) for _ in range(6))
    )
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len((await marie.get("/instances")).body["items"]) == 1


async def test_a_key_belongs_to_one_request_of_one_person_for_a_day(
    portal: Portal, marie: Caller, pierre: Caller
) -> None:
    key = {"Idempotency-Key": "abc"}
    first = await marie.post("/instances", WANTED, key)
    other = await marie.post("/instances", {**WANTED, "name": "other"}, key)
    assert (other.status, other.code) == (422, "idempotency-key-reused")
    assert (await pierre.post("/instances", WANTED, key)).body["id"] != first.body["id"]
    portal.world.clock.advance(timedelta(hours=24).total_seconds())
    assert (await marie.post("/instances", WANTED, key)).body["id"] != first.body["id"]


async def test_odd_keys_are_refused(marie: Caller) -> None:
    for key in ("", "x" * 256, "schlüssel", "tab\tbed"):
        answer = await marie.post("/instances", WANTED, {"Idempotency-Key": key})
        assert answer.status == 422, key
    assert (await marie.get("/instances")).body == {"items": []}


async def test_a_refused_request_keeps_no_key(portal: Portal, marie: Caller) -> None:
    for _ in range(2):
        await made(marie)
    key = {"Idempotency-Key": "abc"}
    assert (await marie.post("/instances", WANTED, key)).status == 409
    [first, _] = (await marie.get("/instances")).body["items"]
    async with portal.world.reconciling():
        await marie.call("DELETE", f"/instances/{first['id']}")
        await portal.world.settled(InstanceId(first["id"]))
    assert (await marie.post("/instances", WANTED, key)).status == 202


async def test_commands_are_accepted_and_remembered(portal: Portal, marie: Caller, root: Caller) -> None:
    instance = await made(marie)
    async with portal.world.reconciling():
        await portal.world.settled(InstanceId(instance))
        answer = await marie.post(f"/instances/{instance}/actions/stop")
        assert (answer.status, answer.body["desired"]) == (202, "stopped")
        await portal.world.settled(InstanceId(instance))
        assert (await root.post(f"/instances/{instance}/actions/start")).status == 202
        await portal.world.settled(InstanceId(instance))
        await marie.post(f"/instances/{instance}/actions/start")
        await marie.call("PATCH", f"/instances/{instance}", {"name": "new"})
        assert (await marie.call("DELETE", f"/instances/{instance}")).status == 202
        await portal.world.settled(InstanceId(instance))
    history = (await marie.get(f"/instances/{instance}/history")).body["items"]
    assert [(item["who"], item["what"], item["result"]) for item in history] == [
        ("marie", "delete", "done"),
        ("marie", "edit", "done"),
        ("root", "start", "done"),
        ("marie", "stop", "done"),
        ("marie", "create", "done"),
    ]


async def test_a_deleted_instance_is_gone_but_for_its_history(portal: Portal, marie: Caller) -> None:
    instance = await made(marie)
    async with portal.world.reconciling():
        await marie.call("DELETE", f"/instances/{instance}")
        await portal.world.settled(InstanceId(instance))
    assert (await marie.get("/instances")).body == {"items": []}
    for method, path, body in ON_AN_INSTANCE:
        expected = 200 if path == "/history" else 404
        assert (await marie.call(method, f"/instances/{instance}{path}", body)).status == expected


async def test_commands_that_make_no_sense_are_refused_with_a_sentence(portal: Portal, marie: Caller) -> None:
    instance = await made(marie)
    answer = await marie.post(f"/instances/{instance}/actions/reboot")
    assert (answer.status, answer.code) == (409, "instance-not-running")
    assert (await marie.post(f"/instances/{instance}/actions/explode")).status == 404
    await marie.call("DELETE", f"/instances/{instance}")
    for action in ("start", "stop", "reboot"):
        answer = await marie.post(f"/instances/{instance}/actions/{action}")
        assert (answer.status, answer.code) == (409, "instance-deleted")
    assert (await marie.call("DELETE", f"/instances/{instance}")).status == 202


async def test_commands_at_once_are_all_taken_and_the_last_one_counts(portal: Portal, marie: Caller) -> None:
    instance = InstanceId(await made(marie))
    async with portal.world.reconciling():
        await portal.world.settled(instance)
        answers = await asyncio.gather(
            *(marie.post(f"/instances/{instance}/actions/{action}") for action in ("stop", "start") * 8)
        )
        assert {answer.status for answer in answers} == {202}
        record = await portal.world.settled(instance)
    assert (record.state == "READY") == (record.desired == "running")
    history = (await marie.get(f"/instances/{instance}/history")).body["items"]
    assert all(item["result"] in {"done", "overtaken"} for item in history)


async def test_the_log_is_read_page_by_page(
    portal: Portal, marie: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = await made(marie)
    assert (await marie.get(f"/instances/{instance}/log")).body == {"lines": [], "cursor": "", "more": False}
    async with portal.world.reconciling():
        await portal.world.settled(InstanceId(instance))
    written = [f"line {number}" for number in range(50)]
    portal.world.cloud.of(instance).log[:] = written
    read: list[str] = []
    page = (await marie.get(f"/instances/{instance}/log")).body
    while True:
        read += page["lines"]
        if not page["more"]:
            break
        page = (await marie.get(f"/instances/{instance}/log?cursor={page['cursor']}")).body
    assert read == written
    assert (await marie.get(f"/instances/{instance}/log?cursor=nonsense")).status == 422
    portal.world.broker.faults.refuse(Call.LOGS)
    answer = await marie.get(f"/instances/{instance}/log")
    assert (answer.status, answer.code) == (503, "back-end-silent")
    monkeypatch.setattr("beamdesk.gateway.portal.instances.service.ANSWER_SECONDS", 0.05)
    portal.world.broker.faults.hold(Call.LOGS)
    answer = await marie.get(f"/instances/{instance}/log")
    assert (answer.status, answer.code) == (503, "back-end-silent")


async def test_the_thumbnail_is_kept_by_browsers_until_it_changes(
    portal: Portal, marie: Caller, root: Caller
) -> None:
    instance = InstanceId(await made(marie))
    assert (await marie.get(f"/instances/{instance}/thumbnail")).status == 404
    portal.world.live.pictures[instance] = ("7", b"RIFF....WEBP")
    address = (await marie.get(f"/instances/{instance}")).body["thumbnail"]
    path = address.removeprefix("/api/v1")
    answer = await marie.get(path)
    assert (answer.status, answer.body) == (200, b"RIFF....WEBP")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=3600, immutable"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await marie.get(path, known)).status == 304
    assert (await root.get(path)).status == 200
    portal.world.live.pictures[instance] = ("8", b"RIFF....WEB2")
    newer = await marie.get(path, known)
    assert (newer.body, newer.headers["Cache-Control"]) == (b"RIFF....WEB2", "private, no-cache")


async def test_who_looks_at_a_desktop_is_shown(portal: Portal, marie: Caller) -> None:
    instance = InstanceId(await made(marie))
    since = portal.world.clock.now()
    portal.world.live.seen[instance] = [ViewerSeen("v1", "Pierre", Role.GUEST, since)]
    assert (await marie.get(f"/instances/{instance}")).body["viewers"] == [
        {"id": "v1", "name": "Pierre", "role": "guest", "since": "2030-01-02T03:04:05Z"}
    ]


async def test_any_number_of_instances_can_be_allowed(portal: Portal, marie: Caller) -> None:
    portal.world.instances._per_person = -1
    for _ in range(5):
        await made(marie)
