"""Lines of text in files of arrays, which hold nothing that could run code when read."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def joined(lines: Iterable[str]) -> NDArray[np.uint8]:
    """`lines`, none of which holds a line break, as one array of bytes."""
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def split(array: NDArray[Any]) -> list[str]:
    """The lines that `joined` made an array of."""
    return bytes(array).decode().split("\n")
