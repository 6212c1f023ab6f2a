"""When pictures are made, one at a time, and what they are now."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import structlog

from beamdesk.gateway.clock import Clock
from beamdesk.gateway.thumbnails.folder import PictureFolder
from beamdesk.gateway.thumbnails.shrinking import shrink
from beamdesk.gateway.thumbnails.taking import take_picture
from beamdesk.gateway.tickets import InstanceId, Target
from beamdesk.gateway.upstreams.errors import UpstreamFailed
from beamdesk.gateway.upstreams.streams import ReadBuffer

__all__ = ["Picture", "Thumbnailer"]

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A WebP and the name of its content."""

    data: bytes
    version: str

    @classmethod
    def of(cls, data: bytes) -> "Picture":
        return cls(data, sha256(data).hexdigest()[:16])


class Thumbnailer:
    """Keeps the latest picture of every instance, in memory and in *folder*.

    `run` has to run for pictures to be made. *target_of* says where a desktop is, None where there is no
    running one; *on_new* is called when an instance has another picture than before. An instance is looked at
    only after `request`, and at most once in *every_seconds*; requests in between are kept for later.
    """

    def __init__(
        self,
        *,
        folder: Path,
        target_of: Callable[[InstanceId], Awaitable[Target | None]],
        on_new: Callable[[InstanceId], None],
        clock: Clock,
        every_seconds: float,
        width: int,
        largest_bytes: int,
    ) -> None:
        self._folder = PictureFolder(folder)
        self._target_of = target_of
        self._on_new = on_new
        self._clock = clock
        self._every = every_seconds
        self._width = width
        self._largest = largest_bytes
        self._buffer = ReadBuffer()
        self._pictures: dict[InstanceId, Picture] = {}
        self._wanted: dict[InstanceId, None] = {}
        self._looked_at: dict[InstanceId, float] = {}
        self._to_remove: list[InstanceId] = []
        self._at_work_on: InstanceId | None = None
        self._changed = asyncio.Event()

    def request(self, instance_id: InstanceId) -> None:
        """Ask for a new picture soon."""
        self._wanted[instance_id] = None
        self._changed.set()

    def forget(self, instance_id: InstanceId) -> None:
        """The instance is gone: drop its picture, also one that is just being made."""
        self._wanted.pop(instance_id, None)
        self._looked_at.pop(instance_id, None)
        self._pictures.pop(instance_id, None)
        if self._at_work_on == instance_id:
            self._at_work_on = None
        self._to_remove.append(instance_id)
        self._changed.set()

    def version(self, instance_id: InstanceId) -> str | None:
        """Changes with the picture; None where there is none."""
        picture = self._pictures.get(instance_id)
        return None if picture is None else picture.version

    def picture(self, instance_id: InstanceId) -> bytes | None:
        """The WebP, from memory."""
        found = self._pictures.get(instance_id)
        return None if found is None else found.data

    def path(self, instance_id: InstanceId) -> Path | None:
        """The file of the picture, if there is one."""
        return self._folder.path_of(instance_id) if instance_id in self._pictures else None

    async def run(self) -> None:
        """Load what an earlier run left, then make pictures until cancelled."""
        for instance_id, data in (await asyncio.to_thread(self._folder.load)).items():
            self._pictures.setdefault(instance_id, Picture.of(data))
        while True:
            self._changed.clear()
            await self._remove_forgotten()
            due = self._next_due()
            if due is None:
                await self._changed.wait()
                continue
            instance_id, seconds = due
            if seconds > 0:
                await self._wait(seconds)
                continue
            await self._make(instance_id)

    def _next_due(self) -> tuple[InstanceId, float] | None:
        """The instance to look at next, and in how many seconds that may happen."""
        now = self._clock.monotonic()
        moments = [
            (self._looked_at.get(instance_id, now - self._every) + self._every - now, instance_id)
            for instance_id in self._wanted
        ]
        if not moments:
            return None
        seconds, instance_id = min(moments, key=lambda moment: moment[0])
        return instance_id, seconds

    async def _wait(self, seconds: float) -> None:
        timer = self._clock.call_later(seconds, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            timer.cancel()

    async def _make(self, instance_id: InstanceId) -> None:
        del self._wanted[instance_id]
        self._looked_at[instance_id] = self._clock.monotonic()
        self._at_work_on = instance_id
        try:
            data = await self._look_at(instance_id)
            if data is None or self._at_work_on is None:
                return
            picture = Picture.of(data)
            if picture.version == self.version(instance_id):
                return
            await asyncio.to_thread(self._folder.write, instance_id, data)
            if self._at_work_on is None:
                return
            self._pictures[instance_id] = picture
            self._on_new(instance_id)
        except UpstreamFailed as failure:
            _log.info("no picture", instance=instance_id, reason=failure.reason.code, detail=failure.detail)
        except Exception:  # noqa: BLE001  (one instance's trouble must not end everybody's pictures)
            _log.exception("picture failed", instance=instance_id)
        finally:
            self._at_work_on = None

    async def _look_at(self, instance_id: InstanceId) -> bytes | None:
        target = await self._target_of(instance_id)
        if target is None:
            return None
        pixels = await take_picture(target, self._buffer)
        return await asyncio.to_thread(shrink, pixels, width=self._width, largest_bytes=self._largest)

    async def _remove_forgotten(self) -> None:
        while self._to_remove:
            try:
                await asyncio.to_thread(self._folder.remove, self._to_remove.pop())
            except (OSError, ValueError):
                _log.exception("picture not removed")
