"""What a viewer of a Guacamole stream has on its screen, drawn with Pillow."""

import base64
import io
from collections.abc import Sequence

from PIL import Image

from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["GuacScreen"]


class GuacScreen:
    """Draws what is in *received*, a list that grows. It knows no shapes but rectangles."""

    def __init__(self, received: Sequence[Instruction]) -> None:
        self._received = received
        self._drawn = 0
        self._layers: dict[int, Image.Image] = {}
        self._places: dict[int, tuple[int, int, int]] = {}
        self._arriving: dict[str, tuple[int, tuple[int, int], list[str]]] = {}
        self._boxes: list[tuple[int, tuple[int, int, int, int]]] = []

    def picture(self) -> Image.Image:
        """As it is now: the default layer, with the others upon it."""
        end = len(self._received)
        for instruction in self._received[self._drawn : end]:
            self._draw(instruction)
        self._drawn = end
        whole = self._layer(0).copy()
        for layer in sorted(layer for layer in self._layers if layer > 0):
            whole.alpha_composite(self._layers[layer], self._place(layer))
        return whole.convert("RGB")

    def _draw(self, instruction: Instruction) -> None:
        match instruction.opcode, instruction.arguments:
            case "size", (layer, width, height):
                self._resize(int(layer), int(width), int(height))
            case "move", (layer, parent, x, y, _):
                self._places[int(layer)] = int(parent), int(x), int(y)
            case "dispose", (layer,):
                self._layers.pop(int(layer), None)
            case "img", (stream, _, layer, _, x, y):
                self._arriving[stream] = int(layer), (int(x), int(y)), []
            case "blob", (stream, content) if stream in self._arriving:
                self._arriving[stream][2].append(content)
            case "end", (stream,) if stream in self._arriving:
                layer, place, blobs = self._arriving.pop(stream)
                content = b"".join(map(base64.b64decode, blobs))
                image = Image.open(io.BytesIO(content)).convert("RGBA")
                self._roomy(layer, _box(*place, *image.size)).alpha_composite(image, place)
            case "rect", (layer, x, y, width, height):
                box = _box(x, y, width, height)
                self._roomy(int(layer), box)
                self._boxes.append((int(layer), box))
            case "cfill", (_, _, *colour):
                for layer, box in self._boxes:
                    self._layer(layer).paste(tuple(map(int, colour)), box)
                self._boxes.clear()
            case "copy", (source, x, y, width, height, _, layer, to_x, to_y):
                part = self._layer(int(source)).crop(_box(x, y, width, height))
                target = self._roomy(int(layer), _box(to_x, to_y, width, height))
                target.paste(part, (int(to_x), int(to_y)))
            case _:
                pass

    def _place(self, layer: int) -> tuple[int, int]:
        """Counted from the default layer's corner: a layer's own place counts from its parent's."""
        parent, x, y = self._places.get(layer, (0, 0, 0))
        if parent <= 0:
            return x, y
        left, top = self._place(parent)
        return left + x, top + y

    def _layer(self, layer: int) -> Image.Image:
        return self._layers.setdefault(layer, Image.new("RGBA", (1, 1)))

    def _roomy(self, layer: int, box: tuple[int, int, int, int]) -> Image.Image:
        """*layer*; a buffer is as large as what is drawn in it, whatever was said of its size."""
        width, height = self._layer(layer).size
        if layer < 0 and (box[2] > width or box[3] > height):
            self._resize(layer, max(box[2], width), max(box[3], height))
        return self._layer(layer)

    def _resize(self, layer: int, width: int, height: int) -> None:
        after = Image.new("RGBA", (width, height))
        if layer in self._layers:
            after.paste(self._layers[layer])
        self._layers[layer] = after


def _box(x: str | int, y: str | int, width: str | int, height: str | int) -> tuple[int, int, int, int]:
    return int(x), int(y), int(x) + int(width), int(y) + int(height)
