"""The list of commands. A command's module is imported when the command is used, not before."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

__all__ = ["run"]


class _Group(NamedTuple):
    module: str
    help: str


COMMANDS = {
    "serve": _Group("beamdesk.gateway.cli.serve", "Start Beamdesk."),
    "config": _Group("beamdesk.gateway.cli.config", "Show and check the configuration."),
    "db": _Group("beamdesk.gateway.cli.db", "Upgrade, check and back up the database."),
    "user": _Group("beamdesk.gateway.cli.user", "Add and list people, make sign-in links."),
    "token": _Group("beamdesk.gateway.cli.token", "Make, list and revoke access tokens for programs."),
    "instance": _Group("beamdesk.gateway.cli.instance", "List instances."),
    "broker": _Group("beamdesk.gateway.cli.broker", "Check the back ends."),
    "doctor": _Group("beamdesk.gateway.cli.doctor", "Check what this machine needs."),
    "bench": _Group("beamdesk.bench.cli", "Measure Beamdesk beside its peers."),
}

EPILOGUE = (
    "Exit codes: 0 done; 1 failed or not in order; 2 wrong usage; 3 the configuration has faults; "
    "4 the database cannot be used; 5 there is nothing of that name."
)


class _LazyGroup(TyperGroup):
    """Knows its commands by name; imports the one that is run."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002  (the signature is typer's)
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002  (as above)
        found = COMMANDS.get(cmd_name)
        return None if found is None else TyperCommand(cmd_name, help=found.help)

    def resolve_command(  # type: ignore[no-untyped-def]  # (the types of typer's parameters are private)
        self,
        ctx,  # noqa: ANN001  (as above)
        args,  # noqa: ANN001  (as above)
    ) -> tuple[str | None, Any, list[str]]:
        name, stub, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            return name, typer.main.get_command(import_module(COMMANDS[name].module).app), rest
        return name, stub, rest


_app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=EPILOGUE,
    help="Remote desktops in the browser: the gateway and its tools.",
)


@_app.callback()
def _beamdesk() -> None:
    """Makes typer treat the program as a group, although it registers no command itself."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; None takes the arguments of this process. Always ends in `SystemExit`."""
    _app(arguments, prog_name="beamdesk")
