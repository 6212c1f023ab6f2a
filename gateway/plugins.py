"""The configured brokers, made from their plug-ins."""

from beamdesk.brokers.protocol import Broker
from beamdesk.brokers.registry import BrokerSetupError, make_broker, settings_of
from beamdesk.gateway.config.settings import Settings

__all__ = ["PluginRefused", "load_brokers", "option_faults"]


class PluginRefused(Exception):  # noqa: N818  (a decision, not a fault)
    """A plug-in is missing or its options have faults; `faults` are sentences with full paths."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_brokers(settings: Settings) -> dict[str, Broker]:
    """The configured brokers by name, with a folder of their own where they want one.

    Raises `PluginRefused` with the faults of all.
    """
    faults = option_faults(settings)
    if faults:
        raise PluginRefused(faults)
    folder, deployment = settings.server.data_dir.resolve() / "brokers", settings.server.deployment
    try:
        return {
            name: make_broker(configured.kind, name, deployment, configured.options, folder / name)
            for name, configured in settings.brokers.items()
        }
    except BrokerSetupError as error:
        raise PluginRefused(list(error.faults)) from error


def option_faults(settings: Settings) -> list[str]:
    """What is wrong with the brokers' kinds and options, as sentences with full paths."""
    folder = settings.server.data_dir.resolve() / "brokers"
    faults: list[str] = []
    for name, configured in settings.brokers.items():
        try:
            settings_of(configured.kind, name, configured.options, folder / name)
        except BrokerSetupError as error:
            faults += error.faults
    return faults
