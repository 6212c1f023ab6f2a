"""How often an address may fail."""

from beamdesk.gateway.portal.accounts.limiter import AttemptLimiter


def test_an_address_waits_until_its_minute_is_over() -> None:
    limiter = AttemptLimiter(2)
    limiter.failed("192.0.2.1", now=0)
    assert limiter.wait_seconds("192.0.2.1", now=10) == 0
    limiter.failed("192.0.2.1", now=10)
    assert limiter.wait_seconds("192.0.2.1", now=15) == 45
    assert limiter.wait_seconds("192.0.2.2", now=15) == 0
    assert limiter.wait_seconds("192.0.2.1", now=60) == 0
    limiter.failed("192.0.2.1", now=61)
    assert limiter.wait_seconds("192.0.2.1", now=61) == 0


def test_addresses_of_one_ipv6_network_count_together() -> None:
    limiter = AttemptLimiter(1)
    limiter.failed("2001:db8:0:1::1", now=0)
    assert limiter.wait_seconds("2001:db8:0:1:ffff::2", now=0) > 0
    assert limiter.wait_seconds("2001:db8:0:2::1", now=0) == 0


def test_memory_is_bounded_whatever_addresses_come() -> None:
    limiter = AttemptLimiter(1, most_addresses=100)
    for number in range(10_000):
        limiter.failed(f"address {number}", now=0)
    assert len(limiter) == 100
    assert limiter.wait_seconds("address 9999", now=0) > 0
    assert limiter.wait_seconds("address 9899", now=0) == 0
