"""What a browser may say of its Guacamole stream, and what that means where it does not."""

import pytest
from aiohttp.test_utils import make_mocked_request

from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.transports.guacamole_query import Wishes, wishes_of


def wishes(query: str) -> Wishes:
    return wishes_of(make_mocked_request("GET", f"/stream/guacamole?ticket=t{query}"))


def test_who_says_nothing_gets_no_webp() -> None:
    assert wishes("") == Wishes(images=("image/png", "image/jpeg"))


@pytest.mark.parametrize(
    ("query", "images"),
    [
        ("&image=image/webp&image=image/png", ("image/webp", "image/png")),
        ("&image=image/png&image=image/png", ("image/png",)),
        ("&image=image/webp&image=image/avif", ("image/webp",)),
        ("&image=image/avif", ("image/png", "image/jpeg")),
    ],
)
def test_formats_of_pictures(query: str, images: tuple[str, ...]) -> None:
    assert wishes(query).images == images


@pytest.mark.parametrize(
    "query",
    [
        "&image=text/html",
        "&image=",
        "&image=image/png" * 9,
        "&hostname=elsewhere",
        "&width=63",
        "&width=1&width=2",
        "&timezone=../../etc",
        "&audio=x",
    ],
)
def test_what_cannot_be_meant_is_refused(query: str) -> None:
    with pytest.raises(Problem):
        wishes(query)
