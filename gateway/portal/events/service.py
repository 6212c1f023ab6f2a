"""The tabs that are open, and what each is told."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

from beamdesk.gateway.bus import Bus
from beamdesk.gateway.clock import Clock
from beamdesk.gateway.http.principal import Principal
from beamdesk.gateway.http.problems import Problem
from beamdesk.gateway.portal.events.model import (
    EventMessage,
    HelloEvent,
    InstanceEvent,
    InstanceGoneEvent,
    NoticeEvent,
)
from beamdesk.gateway.portal.events.tab import News, Tab, TabEnd
from beamdesk.gateway.portal.instances.service import InstanceService
from beamdesk.gateway.tickets import InstanceId, UserId

__all__ = ["MOST_TABS", "EventTabs"]

MOST_TABS = 20
"""Tabs that one person may have open; each costs a read of the database whenever something changes."""


class EventTabs:
    """Opens tabs, and turns news into messages. *is_signed_in* says whether a sign-in is good now."""

    def __init__(
        self,
        instances: InstanceService,
        bus: Bus,
        clock: Clock,
        *,
        is_signed_in: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._instances = instances
        self._bus = bus
        self._clock = clock
        self._is_signed_in = is_signed_in
        self._open: defaultdict[UserId, set[Tab]] = defaultdict(set)
        self._draining = False

    @contextmanager
    def open(self, principal: Principal) -> Iterator[Tab]:
        """A tab that listens during the block. Raises the problem where the person has too many."""
        tabs = self._open[principal.user_id]
        if len(tabs) >= MOST_TABS:
            raise Problem(429, "too-many-tabs", f"You have {MOST_TABS} tabs open already. Close one first.")
        with self._bus.attached(Tab(principal)) as tab:
            tabs.add(tab)
            if self._draining:
                tab.end(TabEnd.GATEWAY_STOPPING)
            try:
                yield tab
            finally:
                tabs.discard(tab)
                if not tabs:
                    self._open.pop(principal.user_id, None)

    def drain(self) -> None:
        """The gateway stops: end every tab, and those that still come."""
        self._draining = True
        for tabs in self._open.values():
            for tab in tabs:
                tab.end(TabEnd.GATEWAY_STOPPING)

    async def next(self, tab: Tab) -> list[EventMessage] | TabEnd:
        """The next messages for *tab*, or why there are no more."""
        news = await tab.next()
        if isinstance(news, TabEnd):
            return news
        # The sign-in may have ended before the tab began to listen.
        if news.everything and not await self._is_signed_in(tab.principal.sign_in):
            return TabEnd.SIGNED_OUT
        return [message async for message in self._messages(tab, news)]

    async def _messages(self, tab: Tab, news: News) -> AsyncIterator[EventMessage]:
        if news.everything:
            everybody = tab.principal.is_admin
            instances = await self._instances.all(tab.principal, everybody=everybody)
            tab.tell_all([InstanceId(instance.id) for instance in instances])
            yield HelloEvent(instances=instances, server_time=self._clock.now())
        elif news.instances:
            shown = await self._instances.visible(tab.principal, news.instances)
            found = {InstanceId(instance.id): instance for instance in shown}
            for instance_id in news.instances:
                if instance_id in found:
                    tab.tell(instance_id)
                    yield InstanceEvent(instance=found[instance_id])
                elif tab.forget(instance_id):
                    yield InstanceGoneEvent(id=instance_id)
        for notice in news.notices:
            yield NoticeEvent(level=notice.level, sentence=notice.sentence)
