"""Texts to unit vectors: one encoder a process, and a message is encoded once for all who need it."""

import functools
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np

from bot.nlu.e5 import E5
from bot.nlu.folder import DESCRIPTION, FolderNetwork
from bot.nlu.minilm import MiniLM
from bot.nlu.modelfile import ENCODERS, EncoderError
from bot.nlu.vectors import Vectors

_REMEMBERED = 8_192  # texts, at most 25 MB: a project's examples, which several components learn from
_SHARE = 1_024  # texts that one processor encodes before it asks for more; many have enough of every length
_SIGNATURE = "encoder.txt"


class Encoder(Protocol):
    """Texts → unit vectors, float32. Implementations are thread-safe."""

    @property
    def name(self) -> str:
        """Identifies the vector space: vectors of different names must not be compared."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), dimension): near when they mean the same."""

    def features(self, texts: Sequence[str]) -> Vectors:
        """What a classifier should see of `texts`, one row a text; begins with the unit vector."""

    def knows(self, word: str) -> bool:
        """Whether `word`, in small letters, is one it has learned as a whole, as it has the frequent ones."""


class Network(Protocol):
    """What computes the rows of texts. Thread-safe."""

    @property
    def name(self) -> str:
        """As of the encoder."""

    @property
    def dimension(self) -> int:
        """As of the encoder."""

    @property
    def width(self) -> int:
        """Numbers in a row of features."""

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """The features of `texts`, shape (len(texts), width), of which the first `dimension` are the unit vector."""

    def knows(self, word: str) -> bool:
        """As of the encoder."""


class Remembering:
    """The encoder of a network; remembers the texts it encoded last."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Identifies the vector space."""
        return self._network.name

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._network.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), dimension); the same text always has the same vector."""
        return self.features(texts)[:, : self.dimension]

    def features(self, texts: Sequence[str]) -> Vectors:
        """The rows that the network computes, shape (len(texts), its width)."""
        known = self._recall(texts)
        # Outside the lock: two threads may encode the same text, none waits for another.
        # The longest first, so that no processor is left with them at the end; always in the same order, as the last
        # digits of a vector depend on what shares its run.
        if missing := sorted({text for text in texts if text not in known}, key=lambda text: (-len(text), text)):
            found = dict(zip(missing, self._computed(missing), strict=True))
            self._remember(found)
            known |= found
        rows = np.empty((len(texts), self._network.width), np.float32)
        for place, text in enumerate(texts):
            rows[place] = known[text]
        return rows

    def knows(self, word: str) -> bool:
        """Whether the network has learned `word`, in small letters, as a whole."""
        return self._network.knows(word)

    def _computed(self, texts: Sequence[str]) -> Vectors:
        """Many texts on all processors, a share after the other; those of a like length share a run."""
        if len(texts) <= _SHARE:
            return self._network(texts)
        shares = [texts[start : start + _SHARE] for start in range(0, len(texts), _SHARE)]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return np.concatenate(list(pool.map(self._network, shares)))

    def _recall(self, texts: Sequence[str]) -> dict[str, Vectors]:
        with self._lock:
            known = {text: row for text in texts if (row := self._remembered.get(text)) is not None}
            for text in known:
                self._remembered.move_to_end(text)
            return known

    def _remember(self, found: Mapping[str, Vectors]) -> None:
        with self._lock:
            # Copies: a row on its own does not keep the matrix alive that it was computed in.
            self._remembered.update({text: row.copy() for text, row in found.items()})
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)


NAMED: Mapping[str, Callable[[], Network]] = dict(zip(ENCODERS, (MiniLM, E5), strict=True))
DEFAULT = ENCODERS[0]

_load_lock = threading.Lock()


def load_encoder(choice: str = DEFAULT) -> Encoder:
    """The process's encoder of this choice, loaded at the first call.

    `choice` is a name of `NAMED` or the path of a folder with an encoder.yml. Raises EncoderError, and
    ConfigurationError for a mistake in encoder.yml.
    """
    with _load_lock:
        return _loaded(choice if choice in NAMED else Path(choice).resolve())


@functools.cache
def _loaded(choice: str | Path) -> Encoder:
    if isinstance(choice, str):
        return Remembering(NAMED[choice]())
    if not choice.is_dir():
        raise EncoderError(f"There is no encoder {choice}. Fix: write {', '.join(NAMED)}, or the path of a folder.")
    return Remembering(FolderNetwork(choice))


def files_of(choice: str) -> list[Path]:
    """What decides which vectors the encoder of this choice gives, besides the code of this package."""
    return [] if choice in NAMED else [Path(choice) / DESCRIPTION]


def sign(folder: Path, encoder: Encoder) -> None:
    """Note in the `folder` of a trained component which encoder it learnt with."""
    (folder / _SIGNATURE).write_text(encoder.name, "utf-8")


def check_signature(folder: Path, encoder: Encoder) -> None:
    """Raises EncoderError when what lies in `folder` was learnt with another encoder: its vectors mean nothing."""
    signature = folder / _SIGNATURE
    learnt_with = signature.read_text("utf-8") if signature.is_file() else "of an earlier version"
    if learnt_with != encoder.name:
        raise EncoderError(
            f"The model was trained with the encoder {learnt_with}, and {encoder.name} is in use. "
            "Fix: run `warmline train`."
        )
