"""Shared by the tests of brokers: what runs against each of them is in `support`."""

import pytest

pytest.register_assert_rewrite("support.broker_conformance", "support.local_ground", "support.fixed_ground")
