"""What newer guacds send plays in the browser, though a test machine has none of them: pictures and sound."""

import array
import base64
import gzip
import math
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from beamdesk.codecs.guac.decoder import InstructionDecoder
from beamdesk.codecs.guac.framing import InstructionFramer
from beamdesk.codecs.guac.instruction import Instruction
from support.desktop_person import eventually
from support.guac_screen import GuacScreen
from support.guacamole_person import GuacamolePerson, SignIn
from support.lent_machine import Lend, by_vnc, vnc_desktop
from support.played_guacd import played_guacd
from support.xtigervnc import Xtigervnc

pytestmark = [pytest.mark.browser, pytest.mark.desktop]

CAPTURES = Path(__file__).parents[2] / "bench/captures"

RATE, CHANNELS = 44_100, 2
BLOB = 6_048
"""Bytes that guacd puts into one `blob`."""

SOUND_STREAM = 7

LISTEN = """
    window.sounds = {contexts: [], played: 0, loudest: 0};
    const create = AudioContext.prototype.createBufferSource;
    AudioContext.prototype.createBufferSource = function () {
        const source = create.call(this);
        if (!sounds.contexts.length) console.info("the first sound:", this.state);
        if (!sounds.contexts.includes(this)) sounds.contexts.push(this);
        source.addEventListener("ended", () => {
            const {buffer} = source;
            sounds.played += buffer.duration;
            for (const sample of buffer.getChannelData(0)) sounds.loudest = Math.max(sounds.loudest, sample);
        });
        return source;
    };
"""

FAULTS = """
    window.faults = [];
    for (const level of ["error", "warn"]) console[level] = (...words) => faults.push(words.map(String));
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Xtigervnc]:
    """Answers where the broker asks; its picture is never shown."""
    with vnc_desktop(tmp_path) as running:
        yield running


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("name", ["guacd-1.6-vnc-1280x800-scroll", "guacd-1.6-vnc-1280x800-text-webp"])
async def test_what_guacd_1_6_sent_is_drawn(
    machine: Xtigervnc, stack: ExitStack, lend: Lend, sign_in: SignIn, name: str
) -> None:
    frames = _frames_of(CAPTURES / f"{name}.guac.gz")
    guacd = stack.enter_context(played_guacd(frames))
    server = lend(by_vnc(machine, host="127.0.0.1", port=guacd.port))
    person = await sign_in(server, script=FAULTS)
    await person.open_machine()

    expected = GuacScreen([instruction for frame in frames for instruction in frame]).picture()
    assert expected.size == (1280, 800)
    await person.see_picture_of(expected, tolerance=0.0002)
    assert await person.page.evaluate("faults") == []
    assert person.streams == ["guacamole"], "it never had to connect again"


async def test_sound_is_played_once_the_page_was_touched(
    machine: Xtigervnc, stack: ExitStack, lend: Lend, sign_in: SignIn
) -> None:
    opening = [
        Instruction.of("size", 0, 320, 240),
        Instruction.of("audio", SOUND_STREAM, f"audio/L16;rate={RATE},channels={CHANNELS}"),
        Instruction.of("sync", 1000),
    ]
    guacd = stack.enter_context(played_guacd([opening], coda=_tone(0.5)))
    server = lend(by_vnc(machine, host="127.0.0.1", port=guacd.port))
    first = await sign_in(server, script=LISTEN + FAULTS)
    await first.open_machine()
    # A page that nobody has touched yet has to be silent.
    person = GuacamolePerson(await first.page.context.new_page(), server)
    # To ask it would be to touch it, in Playwright's way: it has to tell by itself.
    async with person.page.expect_console_message(lambda message: "sound" in message.text) as told:
        await person.page.goto(first.page.url)
    assert (await told.value).text == "the first sound: suspended"
    await person.see_connected()
    assert guacd.handshakes[0]["audio"] == ("audio/L16", "audio/L8")

    await person.click(100, 100)
    await eventually(lambda: person.page.evaluate("sounds.played > 1"), "a second of sound")
    assert await person.page.evaluate("sounds.loudest") == pytest.approx(0.5, abs=0.05)
    assert await person.page.evaluate("sounds.contexts.map(context => context.state)") == ["running"]
    assert await person.page.evaluate("faults") == []


def _frames_of(capture: Path) -> list[list[Instruction]]:
    """Its whole frames, each with its `sync` at the end."""
    stream = gzip.decompress(capture.read_bytes())
    decoder = InstructionDecoder()
    decoder.receive(stream[: InstructionFramer().feed(stream).end])
    frames: list[list[Instruction]] = [[]]
    for instruction in decoder:
        if instruction.opcode == "ready":
            continue  # the stand-in has one of its own
        frames[-1].append(instruction)
        if instruction.opcode == "sync":
            frames.append([])
    return frames[:-1]


def _tone(seconds: float) -> list[Instruction]:
    """As long a tone at half of the full strength, as guacd sends it."""
    heights = (round(16_383 * math.sin(2 * math.pi * 440 * at / RATE)) for at in range(int(RATE * seconds)))
    samples = array.array("h", (height for height in heights for _ in range(CHANNELS))).tobytes()
    pieces = (samples[at : at + BLOB] for at in range(0, len(samples), BLOB))
    return [Instruction.of("blob", SOUND_STREAM, base64.b64encode(piece).decode()) for piece in pieces]
