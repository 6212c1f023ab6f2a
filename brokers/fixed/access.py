"""The ways into a configured machine, with the secrets that open them."""

from pathlib import Path

from pydantic import SecretStr

from beamdesk.brokers.errors import BrokerError, BrokerReason
from beamdesk.brokers.fixed.settings import EndpointSettings, MachineSettings
from beamdesk.brokers.protocol import Endpoint

__all__ = ["ways_into"]

_LONGEST_SECRET = 4096


def ways_into(machine: MachineSettings) -> list[Endpoint]:
    """Its endpoints. Blocks for files of secrets; raises BrokerError where one cannot be read."""
    return [_endpoint(machine, endpoint) for endpoint in machine.endpoints]


def _endpoint(machine: MachineSettings, endpoint: EndpointSettings) -> Endpoint:
    return Endpoint(
        endpoint.protocol.value,
        endpoint.protocol.value,
        host=machine.host_of(endpoint),
        port=endpoint.port_in_force,
        username=endpoint.username,
        password=_secret(machine, endpoint.password, endpoint.password_file),
        view_only_password=_secret(machine, endpoint.view_only_password, endpoint.view_only_password_file),
    )


def _secret(machine: MachineSettings, given: SecretStr | None, file: Path | None) -> str | None:
    if given is not None:
        return given.get_secret_value()
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(_LONGEST_SECRET).partition("\n")[0].removesuffix("\r")
    except (OSError, ValueError) as error:
        # A UnicodeDecodeError holds what it could not decode: only the kind of error is told.
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        sentence = f"The password of the machine {machine.name} cannot be read."
        raise BrokerError(BrokerReason.PERMANENT, sentence, detail=f"{file}: {why}") from None
