"""The messages of `/api/v1/events`, told apart by `type`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from beamdesk.gateway.portal.instances.model import Instance

__all__ = ["EVENT_MODELS", "EventMessage", "HelloEvent", "InstanceEvent", "InstanceGoneEvent", "NoticeEvent"]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class HelloEvent(_Told):
    """First of all: everything that the person may see. Comes again when the gateway lost track."""

    type: Literal["hello"] = "hello"
    instances: list[Instance]
    server_time: datetime


class InstanceEvent(_Told):
    """An instance as it is now."""

    type: Literal["instance"] = "instance"
    instance: Instance


class InstanceGoneEvent(_Told):
    """An instance was deleted, or may not be seen any more."""

    type: Literal["instance_gone"] = "instance_gone"
    id: str


class NoticeEvent(_Told):
    """A sentence for the person."""

    type: Literal["notice"] = "notice"
    level: Literal["info", "warning", "error"]
    sentence: str


EventMessage = HelloEvent | InstanceEvent | InstanceGoneEvent | NoticeEvent

EVENT_MODELS = (HelloEvent, InstanceEvent, InstanceGoneEvent, NoticeEvent)
"""To stand beside the models of the API in its description."""
