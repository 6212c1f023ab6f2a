"""Sizes of a screen that end guacd if they reach it."""

from beamdesk.gateway.roles import Role
from beamdesk.gateway.tickets import Target
from support.guacamole_world import GuacamoleWorld, after_this
from support.guacd import Guacd
from support.guacd_world import children_of, until
from support.xtigervnc import Pointer, Xtigervnc

__all__ = ["check_fatal_sizes_do_not_reach"]

FATAL_SIZES = [
    (0, 0),
    (1, 1),
    (2, 2),
    (1, 600),
    (800, 1),
    (63, 64),
    (63, 800),
    (800, 63),
    (-1, 600),
    (8193, 600),
    (10**9, 10**9),
    ("1e3", 600),
]
"""Fewer than the malformed instructions that end a viewer."""


async def check_fatal_sizes_do_not_reach(
    guacd: Guacd, lane: GuacamoleWorld, target: Target, desktop: Xtigervnc
) -> None:
    """Whoever says them: *guacd* lives on, and the owner still moves the pointer of *desktop*."""
    before = children_of(guacd)
    async with lane.viewer(target) as owner:
        await owner.until_picture()
        child = children_of(guacd) - before
        for number, role in enumerate(Role):
            async with lane.viewer(target, role=role) as viewer:
                await viewer.until_picture()
                for width, height in FATAL_SIZES:
                    await viewer.say("size", width, height)
                await after_this(viewer)
            # guacd does what it is told in order, so it has got through all that came before.
            await owner.say("mouse", 60 + number, 70, 0)
            await until(lambda x=60 + number: desktop.pointer() == Pointer(x, 70, 0))
            assert children_of(guacd) - before == child
        assert owner.close is None
