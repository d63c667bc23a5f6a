"""all-MiniLM-L6-v2 (a BERT of six layers) in int8 on onnxruntime, from its official weights.

The graph is written here rather than loaded from an ONNX file: exports with int8 weights leave it
to onnxruntime to turn them back to float32 (157 MB, 9 ms a message); this one multiplies in int8
(DynamicQuantizeMatMul), which takes 12 MB and 2 ms. Word vectors stay in the file and are read row
by row, so that they cost no memory at all.
"""

import json
import os
import struct
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from bot.nlu.onnx_writer import CONTRIB, model, node

DIMENSION = 384
_HEADS = 12
_LAYERS = 6
_MIDDLE = 4
_LENGTHS = np.array([[1.0], [0.8]], np.float32)  # of the two vectors, so that neither drowns the other
_EPSILON = 1e-12  # of layer normalisation, from the model's config.json
# Seven bits instead of eight: processors without VNNI add two products in 16 bits, which eight
# bits overflow. Costs nothing measurable (Banking77, 10 examples an intent: 85.3 % with both).
_WEIGHT_LEVELS = 63

Array = NDArray[np.float32]


class MiniLM:
    """The network: token ids of one text → its vectors. Thread-safe.

    The last layer says what a text is about. A middle one (`_MIDDLE`) still knows how it is said, which
    tells intents apart that share their matter: on 42 intents of a shop, 7 points more are right.

    One text a run: the int8 range of the activations is taken over the whole input, so that in a
    batch the vector of a text would depend on its neighbours.
    """

    def __init__(self, weights: Path, *, threads: int = 1) -> None:
        """`weights` is the model.safetensors of sentence-transformers/all-MiniLM-L6-v2."""
        self._file = _SafeTensors(weights)
        self._positions = self._file.read("embeddings.position_embeddings.weight")
        self._type = self._file.read("embeddings.token_type_embeddings.weight")[0]
        self._words = self._file.rows("embeddings.word_embeddings.weight")
        self._session = _session(_graph(self._file.read), threads)

    @property
    def longest(self) -> int:
        """The largest number of tokens a text may have."""
        return len(self._positions)

    def __call__(self, ids: Sequence[int]) -> Array:
        """Two vectors, shape (2, 384), of a text with token `ids`: last layer, length 1, and middle layer."""
        embedded = self._words(ids) + self._positions[: len(ids)] + self._type
        last, middle = self._session.run(None, {"embedded": embedded[None]})
        vectors: Array = np.concatenate([last, middle])
        vectors *= _LENGTHS / np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class _SafeTensors:
    """A safetensors file of float32 tensors: eight bytes length, a JSON header, the raw numbers."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)
        (size,) = struct.unpack("<Q", os.pread(self._descriptor, 8, 0))
        self._header = json.loads(os.pread(self._descriptor, size, 8))
        self._start = 8 + size

    def read(self, name: str) -> Array:
        start, end = self._header[name]["data_offsets"]
        raw = os.pread(self._descriptor, end - start, self._start + start)
        return np.frombuffer(raw, "<f4").reshape(self._header[name]["shape"])

    def rows(self, name: str) -> Callable[[Sequence[int]], Array]:
        """A reader of single rows of a matrix; the system's page cache keeps the frequent ones."""
        offset = self._start + self._header[name]["data_offsets"][0]
        row = self._header[name]["shape"][1] * 4

        def read(ids: Sequence[int]) -> Array:
            raw = b"".join(os.pread(self._descriptor, row, offset + each * row) for each in ids)
            return np.frombuffer(raw, "<f4").reshape(len(ids), -1)

        return read


def _session(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Arena and memory plan keep the peak of the longest text for good.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # By way of a file: a session made from bytes keeps them for as long as it lives.
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(graph)
        file.flush()
        return onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])


def _graph(read: Callable[[str], Array]) -> bytes:
    """The network from summed embeddings (1, tokens, 384) to their means after two of the layers."""
    nodes: list[bytes] = []
    weights: dict[str, NDArray[np.generic]] = {
        "embeddings.scale": read("embeddings.LayerNorm.weight"),
        "embeddings.shift": read("embeddings.LayerNorm.bias"),
        "thirds": np.full(3, DIMENSION, np.int64),
        "tokens": np.array([1], np.int64),
    }
    nodes.append(
        node(
            "LayerNormalization",
            ["embedded", "embeddings.scale", "embeddings.shift"],
            ["layer0"],
            epsilon=_EPSILON,
        )
    )
    for number in range(_LAYERS):
        nodes += _layer(number, read, weights)
    means = {"last": _LAYERS, "middle": _MIDDLE}
    nodes += [node("ReduceMean", [f"layer{layer}", "tokens"], [name], keepdims=0) for name, layer in means.items()]
    outputs = {name: [1, DIMENSION] for name in means}
    return model(nodes, weights, inputs={"embedded": [1, "tokens", DIMENSION]}, outputs=outputs)


def _layer(number: int, read: Callable[[str], Array], weights: dict[str, NDArray[np.generic]]) -> list[bytes]:
    """Self-attention and the feed-forward part, each added to its input and normalised."""
    source, made = f"encoder.layer.{number}.", f"l{number}."
    before, after = f"layer{number}", f"layer{number + 1}"

    def keep(name: str, array: NDArray[np.generic]) -> str:
        weights[made + name] = array
        return made + name

    def times(name: str, given: str, matrix: Array) -> bytes:
        scale = np.abs(matrix).max(axis=1) / _WEIGHT_LEVELS
        numbers = np.rint(matrix / scale[:, None]).astype(np.int8).T
        inputs = [given, keep(name + ".int8", numbers), keep(name + ".step", scale.astype(np.float32))]
        return node("DynamicQuantizeMatMul", inputs, [made + name], domain=CONTRIB)

    def add_and_normalise(given: str, to: str, part: str, result: str) -> bytes:
        names = {"scale": "LayerNorm.weight", "shift": "LayerNorm.bias", "bias": "dense.bias"}
        extra = [keep(f"{part}.{name}", read(f"{source}{part}.{key}")) for name, key in names.items()]
        return node("SkipLayerNormalization", [given, to, *extra], [result], domain=CONTRIB, epsilon=_EPSILON)

    parts = [f"{source}attention.self.{part}." for part in ("query", "key", "value")]
    bias = keep("qkv.bias", np.concatenate([read(part + "bias") for part in parts]))
    split = [made + part for part in "qkv"]
    gelu = [made + "wide", keep("wide.bias", read(source + "intermediate.dense.bias"))]
    return [
        times("qkv", before, np.concatenate([read(part + "weight") for part in parts])),
        node("Split", [made + "qkv", "thirds"], split, axis=2),
        node("MultiHeadAttention", [*split, bias], [made + "seen"], domain=CONTRIB, num_heads=_HEADS),
        times("mixed", made + "seen", read(source + "attention.output.dense.weight")),
        add_and_normalise(made + "mixed", before, "attention.output", made + "middle"),
        times("wide", made + "middle", read(source + "intermediate.dense.weight")),
        node("BiasGelu", gelu, [made + "bent"], domain=CONTRIB),
        times("narrow", made + "bent", read(source + "output.dense.weight")),
        add_and_normalise(made + "narrow", made + "middle", "output", after),
    ]
