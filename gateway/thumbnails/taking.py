"""One look at a desktop."""

import asyncio
from typing import Final

import numpy as np
from numpy.typing import NDArray

from beamdesk.codecs.rfb.errors import RfbError
from beamdesk.codecs.rfb.framebuffer_client import FramebufferClient
from beamdesk.codecs.rfb.framebuffer_events import FramebufferEvent, Resized, Updated
from beamdesk.gateway.tickets import Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.rfb import sign_in_to
from beamdesk.gateway.upstreams.streams import ReadBuffer

__all__ = ["take_picture"]

_WHOLE_SECONDS: Final = 10.0
"""For a first picture; the desktop is on the same machine or network."""


async def take_picture(target: Target, buffer: ReadBuffer) -> NDArray[np.uint8]:
    """Height × width × 4 bytes: blue, green, red, none. Raises `UpstreamFailed`."""
    try:
        async with (
            asyncio.timeout(_WHOLE_SECONDS),
            sign_in_to(target, view_only=True, buffer=buffer) as desktop,
        ):
            entered = await desktop.enter()
            screen = FramebufferClient(entered.server_init.width, entered.server_init.height)
            uncovered = entered.server_init.width * entered.server_init.height
            screen.request_update(incremental=False)
            data = entered.leftover
            while True:
                for event in screen.receive(data):
                    uncovered = _after(event, screen, uncovered)
                if uncovered <= 0:
                    return screen.framebuffer.pixels
                desktop.stream.send(screen.bytes_to_send())
                data = await desktop.stream.receive()
                if not data:
                    raise UpstreamFailed.ended("it hung up before its picture was whole")
    except TimeoutError:
        raise UpstreamFailed.unreachable(f"no whole picture within {_WHOLE_SECONDS} s") from None
    except OSError as error:
        raise UpstreamFailed.ended(str(error)) from error
    except RfbError as error:
        raise UpstreamFailed.by_protocol(error) from error


def _after(event: FramebufferEvent, screen: FramebufferClient, uncovered: int) -> int:
    """Pixels that have not been seen yet. What is drawn twice counts twice: a picture is not worth more."""
    match event:
        case Resized(width=width, height=height):
            screen.request_update(incremental=False)
            return width * height
        case Updated(damage=damage):
            uncovered -= sum(rectangle.width * rectangle.height for rectangle in damage)
            if uncovered > 0:
                # The rest comes in further updates, each of which has to be asked for.
                screen.request_update(incremental=True)
    return uncovered
