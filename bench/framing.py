"""How fast instructions are framed, by the compiled kernel and by other means: `beamdesk bench framing`."""

import gzip
import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from beamdesk.codecs.guac import framing as compiled
from beamdesk.codecs.guac import framing_py as plain

__all__ = ["TARGETS", "Measured", "framing", "measure"]

CAPTURES: Final = Path(__file__).with_name("captures")

TARGETS: Final = {"capture": 3000.0, "worst case": 300.0}
"""MB/s that the kernel has to reach on streams of each sort."""

_SLOW_BYTES: Final = 1 << 18
"""So much of a stream is enough for what needs a microsecond per byte."""

_INSTRUCTION = re.compile(rb"[^;]*;")

Frame = Callable[[list[memoryview]], int]
"""Frames the chunks of a stream; the number of instructions."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What is framed; `sort` is a key of `TARGETS`."""

    name: str
    sort: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """The median of some rounds, in millions per second of CPU: other processes do not count."""

    stream: str
    sort: str
    method: str
    megabytes: float
    instructions: float


def framing(
    chunk: Annotated[int, typer.Option(min=1, help="Bytes that are framed at once.")] = 65536,
    rounds: Annotated[int, typer.Option(min=1, help="Of which the median counts.")] = 9,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Frame captured and made-up Guacamole streams; exit code 1 where the kernel misses its targets."""
    measured = list(measure(chunk, rounds))
    missed = [each for each in measured if each.method == "compiled" and each.megabytes < TARGETS[each.sort]]
    if as_json:
        print(json.dumps({"chunk": chunk, "rounds": rounds, "measured": [asdict(each) for each in measured]}))
    else:
        _show(measured)
        for each in missed:
            print(f"missed: {each.stream} at {each.megabytes:.0f} MB/s, target {TARGETS[each.sort]:.0f}")
    if missed:
        raise typer.Exit(1)


def measure(chunk: int, rounds: int) -> Iterator[Measured]:
    """Every method on every stream. Raises FileNotFoundError where the captures are not installed."""
    for stream in _streams():
        for method, (frame, most) in METHODS.items():
            view = memoryview(stream.content)[:most]
            chunks = [view[start : start + chunk] for start in range(0, len(view), chunk)]
            seconds, count = _median(frame, chunks, rounds)
            yield Measured(stream.name, stream.sort, method, len(view) / seconds / 1e6, count / seconds / 1e6)


def frame_compiled(chunks: list[memoryview]) -> int:
    framer = compiled.InstructionFramer()
    return sum(framer.feed(chunk).instructions for chunk in chunks)


def frame_plain(chunks: list[memoryview]) -> int:
    framer = plain.InstructionFramer()
    return sum(framer.feed(chunk).instructions for chunk in chunks)


def frame_by_lengths(chunks: list[memoryview]) -> int:
    """What a gateway in plain Python does: jump from length to length; right for ASCII alone."""
    count, kept = 0, b""
    for chunk in chunks:
        data = kept + chunk
        position = whole = 0
        while (dot := data.find(b".", position)) >= 0:
            end = dot + 1 + int(data[position:dot])
            if end >= len(data):
                break
            position = end + 1
            if data[end] == 59:
                whole = position
                count += 1
        kept = data[whole:]
    return count


def frame_by_semicolons(chunks: list[memoryview]) -> int:
    """What hasty relays do: cut behind each semicolon, also within a value."""
    count, kept = 0, b""
    for chunk in chunks:
        data = kept + chunk
        count += len(_INSTRUCTION.findall(data))
        kept = data[data.rfind(b";") + 1 :]
    return count


METHODS: Final[dict[str, tuple[Frame, int | None]]] = {
    "compiled": (frame_compiled, None),
    "plain twin": (frame_plain, _SLOW_BYTES),
    "lengths in Python": (frame_by_lengths, None),
    "semicolons by regex": (frame_by_semicolons, None),
}


def _streams() -> Iterator[Stream]:
    captures = sorted(CAPTURES.glob("*.guac.gz"))
    if not captures:
        raise FileNotFoundError(f"no captures in {CAPTURES}: run from a checkout of the repository")
    for path in captures:
        yield Stream(path.name.removesuffix(".guac.gz"), "capture", gzip.decompress(path.read_bytes()))
    for name, instruction in {
        "nop": b"3.nop;",
        "empty elements": b"0.,0.,0.;",
        "mouse": b"5.mouse,3.123,3.456,1.0;",
        "copy": b"4.copy,2.-2,1.0,1.0,2.11,2.16,2.14,2.-3,1.0,1.0;",
        "sync": b"4.sync,8.37021250,1.1;",
    }.items():
        yield Stream(name, "worst case", instruction * (4_000_000 // len(instruction)))


def _median(frame: Frame, chunks: list[memoryview], rounds: int) -> tuple[float, int]:
    seconds, count = [], 0
    for _ in range(rounds):
        started = time.process_time()
        count = frame(chunks)
        seconds.append(time.process_time() - started)
    return statistics.median(seconds), count


def _show(measured: list[Measured]) -> None:
    table = Table(title="Framing of Guacamole instructions, per second of CPU")
    table.add_column("stream", no_wrap=True)
    table.add_column("method", no_wrap=True)
    table.add_column("MB/s", justify="right")
    table.add_column("M instructions/s", justify="right")
    for each in measured:
        table.add_row(each.stream, each.method, f"{each.megabytes:,.1f}", f"{each.instructions:.3f}")
    Console().print(table)
