"""Types of configured quantities: each carries its unit for the reference."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

__all__ = ["Bytes", "Count", "Pixels", "Seconds", "Unit"]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts."""

    name: str


Seconds = Annotated[float, Field(gt=0), Unit("seconds")]
Bytes = Annotated[int, Field(gt=0), Unit("bytes")]
Pixels = Annotated[int, Field(gt=0), Unit("pixels")]
Count = Annotated[int, Field(gt=0), Unit("count")]
