"""Where a request comes from."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request

from beamdesk.gateway.http.address import address_of

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("10.0.0.1", "x" * 500, "x" * 64),
    ],
)
def test_forwarded_addresses_are_believed_as_far_as_trusted(peer: str, forwarded: str, found: str) -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded}).clone(remote=peer)
    assert address_of(request, TRUSTED) == found


def test_without_proxies_nothing_is_believed() -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6"}).clone(remote="10.0.0.1")
    assert address_of(request) == "10.0.0.1"
