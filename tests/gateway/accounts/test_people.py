"""Who has an account."""

import asyncio

import pytest

from beamdesk.gateway.portal.accounts.methods import Identity
from beamdesk.gateway.portal.accounts.people import NameRefused, People, Person
from beamdesk.gateway.portal.accounts.service import Accounts


@pytest.fixture
def people(accounts: Accounts) -> People:
    return accounts.people


async def test_a_person_is_found_by_name_and_id(people: People, marie: Person) -> None:
    assert await people.named("marie") == marie
    assert await people.by_id(marie.id) == marie
    assert await people.named("nobody") is None
    assert (marie.issuer, marie.subject, marie.is_admin) == ("local", "marie", True)


@pytest.mark.parametrize(
    "name", ["", " marie", "a b", "-a", ".a", "a/b", "a\nb", "a\0b", "x" * 65, "a;b", "'"]
)
async def test_what_is_no_name_is_refused(people: People, name: str) -> None:
    with pytest.raises(NameRefused, match="1 to 64"):
        await people.add(name)


@pytest.mark.parametrize("name", ["a", "x" * 64, "m.curie+lab@example.org", "maría", "李", "_svc-1"])
async def test_ordinary_names_are_taken(people: People, name: str) -> None:
    assert (await people.add(name)).name == name


@pytest.mark.parametrize("display_name", ["x" * 251, "a\x1b[31m", "a\nb", "a\0"])
async def test_display_names_are_printable_and_bounded(people: People, display_name: str) -> None:
    with pytest.raises(NameRefused, match="display name"):
        await people.add("marie", display_name=display_name)


async def test_a_name_is_taken_once_also_by_two_at_once(people: People) -> None:
    made = await asyncio.gather(*(people.add("marie") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(item, Person) for item in made) == 1
    assert sum(isinstance(item, NameRefused) for item in made) == 4


async def test_an_identity_becomes_one_person_also_in_two_first_sign_ins_at_once(people: People) -> None:
    identity = Identity("https://idp.example.org", "4711", "marie", "Marie")
    first, second = await asyncio.gather(people.of(identity), people.of(identity))
    assert first == second
    assert first.is_admin is False


async def test_the_same_subject_of_two_issuers_is_two_people(people: People, marie: Person) -> None:
    other = await people.of(Identity("https://idp.example.org", "marie", "marie", "Another Marie"))
    assert other.id != marie.id
    assert await people.named("marie") == marie
    assert [person.name for person in await people.all()] == ["marie", "marie"]


async def test_the_local_admin_is_made_once_and_keeps_its_rights(people: People, pierre: Person) -> None:
    first, second = await asyncio.gather(
        people.ensure_local("root", is_admin=True), people.ensure_local("root", is_admin=True)
    )
    assert first == second
    assert first.is_admin
    assert (await people.ensure_local("pierre", is_admin=True)).is_admin is False
