"""Sound of a machine on the Guacamole lane: a real PulseAudio, by a real guacd."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, Viewer, open_world
from support.guacd import Guacd
from support.guacd_world import until, users_of
from support.lent_machine import shell_on
from support.pulseaudio import RATE, PulseAudio
from support.xtigervnc import Xtigervnc

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.guacd,
    pytest.mark.asyncio(loop_factories=["uvloop"]),
]

AUDIO = "&audio=audio/L16"
HERTZ = 880
SECONDS = 30
"""Longer than any test listens."""


@pytest.fixture(autouse=True)
def _joins_last_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there is sound on a join first, also where guacd is slow to send it."""
    monkeypatch.setattr("beamdesk.gateway.transports.guacamole_borrowing.SETTLED_SECONDS", 2)


@pytest.fixture(scope="module")
def pulseaudio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseAudio]:
    with PulseAudio(tmp_path_factory.mktemp("shared-pulseaudio")) as running:
        yield running


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


@pytest.fixture
def loud(desktop: Xtigervnc, target: Target, pulseaudio: PulseAudio, tmp_path: Path) -> Iterator[Target]:
    """A desktop on which something moves, and where its programs play sound."""
    parameters = {"enable-audio": "true", "audio-servername": pulseaudio.server}
    with shell_on(desktop, tmp_path / "home", "while :; do date +%N; sleep 0.05; done", geometry="20x3+0+0"):
        yield replace(target, parameters={**target.parameters, **parameters})


def a_tone(hertz: float, seconds: float) -> bytes:
    wave = 12_000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(wave.astype("<i2"), 2).tobytes()


def heard_by(viewer: Viewer) -> np.ndarray:
    """The left channel of all that the viewer was sent on the streams of sound."""
    streams = {audio.arguments[0] for audio in viewer.all("audio")}
    blobs = [blob.arguments[1] for blob in viewer.all("blob") if blob.arguments[0] in streams]
    return np.frombuffer(b"".join(map(base64.b64decode, blobs)), "<i2")[::2]


def loudest(samples: np.ndarray) -> float:
    """Hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


async def test_a_tone_is_heard_as_it_is_played(
    lane: GuacamoleWorld, guacd: Guacd, loud: Target, pulseaudio: PulseAudio
):
    """Also while a viewer goes over from its join to the keeper's stream."""
    with pulseaudio.playing(a_tone(HERTZ, SECONDS)):
        async with lane.viewer(loud, AUDIO, role=Role.GUEST) as guest:
            await guest.until(lambda v: len(heard_by(v)))
            async with lane.viewer(loud, AUDIO) as viewer:
                await viewer.until(lambda v: len(heard_by(v)))
                assert users_of(guacd) == 3
                await until(lambda: users_of(guacd) == 2)
                heard = len(heard_by(viewer))
                await viewer.until(lambda v: len(heard_by(v)) > heard + RATE)
                for each in (viewer, guest):
                    check_it_is_the_tone(each)


def check_it_is_the_tone(viewer: Viewer) -> None:
    assert {audio.arguments[1] for audio in viewer.all("audio")} == {"audio/L16;rate=44100,channels=2"}
    heard = heard_by(viewer)
    heard = heard[np.argmax(np.abs(heard) > 1_000) :]  # what is heard before it is silence
    assert abs(loudest(heard) - HERTZ) < 2
    assert np.abs(heard).max() > 8_000
    # Nothing is missing and nothing comes twice: each half period of the tone has its zero.
    assert abs(np.count_nonzero(np.diff(np.signbit(heard))) - 2 * HERTZ * len(heard) / RATE) < 4


async def test_all_who_want_to_hear_it_do(lane: GuacamoleWorld, loud: Target, pulseaudio: PulseAudio):
    async with (
        lane.viewer(loud, AUDIO) as one,
        lane.viewer(loud, AUDIO, role=Role.GUEST) as other,
        lane.viewer(loud, role=Role.GUEST) as deaf,
    ):
        for viewer in (one, other, deaf):
            await viewer.until_picture()
        with pulseaudio.playing(a_tone(HERTZ, SECONDS)):
            for viewer in (one, other):
                await viewer.until(lambda v: len(heard_by(v)) > RATE)
                check_it_is_the_tone(viewer)
            await silent_throughout(deaf)


async def test_who_wants_no_sound_is_sent_none(
    lane: GuacamoleWorld, guacd: Guacd, loud: Target, pulseaudio: PulseAudio
):
    """Neither on its join nor, in the midst of the sound, on the keeper's stream."""
    with pulseaudio.playing(a_tone(HERTZ, SECONDS)):
        async with lane.viewer(loud, AUDIO, role=Role.GUEST) as guest:
            await guest.until(lambda v: len(heard_by(v)) > RATE // 4)
            async with lane.viewer(loud) as viewer:
                await viewer.until_picture()
                assert users_of(guacd) == 3
                await until(lambda: users_of(guacd) == 2)
                await silent_throughout(viewer)


async def silent_throughout(viewer: Viewer) -> None:
    frames = len(viewer.all("sync"))
    await viewer.until(lambda v: len(v.all("sync")) > frames + 20)
    drawn = {image.arguments[0] for image in viewer.all("img")}
    assert not viewer.all("audio")
    assert {blob.arguments[0] for blob in viewer.all("blob")} <= drawn
