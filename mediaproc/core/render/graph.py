"""A filter graph while it is written: chains of filters, their labels, the inputs that they read."""

import re
from dataclasses import dataclass, field
from fractions import Fraction

# What a graph's own grammar would read as its own, were it not quoted.
_SPECIAL = re.compile(r"[,;\[\]()]")

_Value = str | int | float | Fraction


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Filters in a row, written as ffmpeg-python writes its own: `Filters().filter("scale", 320, 180)`."""

    written: tuple[str, ...] = ()

    def filter(self, name: str, *values: _Value, **options: _Value) -> "Filters":
        """The row with one more filter at its end; all values are numbers, our own names and expressions."""
        parts = [_text(value) for value in values] + [f"{key}={_text(value)}" for key, value in options.items()]
        return Filters(written=(*self.written, f"{name}={':'.join(parts)}" if parts else name))

    def then(self, other: "Filters") -> "Filters":
        """Both rows, one behind the other."""
        return Filters(written=(*self.written, *other.written))


@dataclass(kw_only=True)
class Graph:
    """Collects what a drawing is made of."""

    inputs: list[tuple[str, ...]] = field(default_factory=list)
    chains: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    pixels: int = 0
    _labels: int = 0

    def read(self, arguments: tuple[str, ...], *, stream: int, pixels: int) -> str:
        """The label of a stream of a further input, whose decoder holds so many pixels."""
        self.inputs.append(arguments)
        self.pixels += pixels
        return f"{len(self.inputs) - 1}:{stream}"

    def chain(self, filters: Filters, *sources: str) -> str:
        """The label of what comes out of these filters."""
        label = self._label()
        self._write(filters, sources, (label,))
        return label

    def split(self, source: str, *, filters: Filters | None = None) -> tuple[str, str]:
        """Two labels of the same, behind these filters."""
        one, other = self.copies(self.chain(filters, source) if filters else source, count=2)
        return one, other

    def copies(self, source: str, *, count: int) -> tuple[str, ...]:
        """So many labels of the same."""
        labels = tuple(self._label() for _ in range(count))
        self._write(Filters().filter("split", count), (source,), labels)
        return labels

    def end(self, filters: Filters, source: str, *, label: str) -> None:
        """The last chain, whose end has a name of its own."""
        self._write(filters, (source,), (label,))

    def text_file(self, content: str, *, suffix: str) -> str:
        """The name of a file of the room with this content."""
        name = f"c{len(self.texts) + 1:04}.{suffix}"
        self.texts[name] = content
        return name

    @property
    def written(self) -> str:
        """All of it, as ffmpeg reads it from a file."""
        return ";\n".join(self.chains)

    def _label(self) -> str:
        self._labels += 1
        return f"p{self._labels}"

    def _write(self, filters: Filters, sources: tuple[str, ...], ends: tuple[str, ...]) -> None:
        before, after = ("".join(f"[{each}]" for each in labels) for labels in (sources, ends))
        self.chains.append(f"{before}{','.join(filters.written)}{after}")


def _text(value: _Value) -> str:
    match value:
        case float():
            return f"{value:.9f}".rstrip("0").rstrip(".")
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case str() if _SPECIAL.search(value):
            return f"'{value}'"
        case _:
            return str(value)
