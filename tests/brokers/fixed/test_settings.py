from pathlib import Path

import pytest

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.fixed import FixedSettings, MachineSettings
from beamdesk.brokers.fixed.access import ways_into
from beamdesk.brokers.registry import BrokerSetupError, settings_of


def machine(**changes: object) -> dict[str, object]:
    return {"name": "lab-1", "address": "lab.example.org", "endpoints": [{"protocol": "ssh"}], **changes}


def settings(*machines: dict[str, object]) -> FixedSettings:
    made = settings_of("fixed", "lab", {"machines": list(machines)}, Path("/nonexistent"))
    assert isinstance(made, FixedSettings)
    return made


@pytest.mark.parametrize(
    ("protocol", "spoken", "port"),
    [
        ("vnc", "rfb", 5900),
        ("rfb", "rfb", 5900),
        ("ssh", "ssh", 22),
        ("rdp", "rdp", 3389),
        ("telnet", "telnet", 23),
    ],
)
def test_each_protocol_has_its_port(protocol: str, spoken: str, port: int) -> None:
    [made] = settings(machine(endpoints=[{"protocol": protocol}])).machines
    [endpoint] = ways_into(made)
    assert (endpoint.protocol, endpoint.host, endpoint.port) == (spoken, "lab.example.org", port)


@pytest.mark.parametrize(
    ("machines", "words"),
    [
        ([], ["brokers.lab.machines"]),
        ([machine(), machine(address="other")], ["'lab-1'", "twice"]),
        ([machine(), machine(name="lab-2")], ["lab.example.org port 22", "twice"]),
        ([machine(address=None)], ["address is needed"]),
        ([machine(address="-a b")], ["machines.0.address"]),
        ([machine(endpoints=[])], ["machines.0.endpoints"]),
        ([machine(endpoints=[{"protocol": "gopher"}])], ["endpoints.0.protocol"]),
        ([machine(endpoints=[{"protocol": "ssh"}, {"protocol": "ssh", "port": 23}])], ["two endpoints"]),
        ([machine(endpoints=[{"protocol": "ssh", "port": 65536}])], ["endpoints.0.port"]),
        (
            [machine(endpoints=[{"protocol": "ssh", "password": "hunter2", "password_file": "/x"}])],
            ["cannot both be set"],
        ),
        ([machine(colour="red")], ["machines.0.colour: there is no such option"]),
    ],
)
def test_what_is_wrong_is_named(machines: list[dict[str, object]], words: list[str]) -> None:
    with pytest.raises(BrokerSetupError) as caught:
        settings(*machines)
    for word in words:
        assert word in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_come_from_files_whenever_they_are_needed_and_do_not_show(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("hunter2\r\nanother line\n")
    endpoint = {
        "protocol": "vnc",
        "password_file": str(tmp_path / "full"),
        "view_only_password": "look-only",
    }
    made = settings(machine(endpoints=[endpoint]))
    [found] = ways_into(made.machines[0])
    assert (found.password, found.view_only_password) == ("hunter2", "look-only")
    (tmp_path / "full").write_text("changed")
    assert ways_into(made.machines[0])[0].password == "changed"
    assert "look-only" not in repr(made) + repr(found)
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("content", [None, b"\xff\xfehunter2"])
def test_a_secret_that_cannot_be_read_is_told_without_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    made = MachineSettings.model_validate(
        machine(endpoints=[{"protocol": "ssh", "password_file": str(path)}])
    )
    with pytest.raises(BrokerError) as caught:
        ways_into(made)
    assert caught.value.reason is BrokerReason.PERMANENT
    assert "lab-1" in caught.value.sentence
    assert str(path) in caught.value.detail
    assert "hunter2" not in caught.value.detail
