"""The `beamdesk` command, one file per group of commands.

program.py lists the groups and loads one when it is asked for, so that `beamdesk --help` is quick. exits.py
says what exit codes mean, options.py holds what several commands take, output.py how they print.
"""

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with one of `Exit`."""
    from beamdesk.gateway.cli.program import run  # noqa: PLC0415  (importing this package costs nothing)

    run()
