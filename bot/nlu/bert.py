"""A small BERT in int8 on onnxruntime, from the weights of one that was published.

The graph is written here rather than loaded from an ONNX file: exports with int8 weights leave it
to onnxruntime to turn them back to float32 (MiniLM: 157 MB, 9 ms a message); this one multiplies in
int8, which takes 12 MB and 2 ms. Every token has an int8 range of its own: the vector of a text is that of
float32 to a cosine of 0.994 (0.989 with one range for all tokens), and does not depend on what else is in the
batch. Word vectors stay in the file and are read row by row, so that they cost no memory at all.
"""

import os
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from bot.nlu.onnx_writer import CONTRIB, model, node

# Of MiniLM and of E5 small alike.
DIMENSION = 384
_HEADS = 12
_EPSILON = 1e-12  # of layer normalisation, from the models' config.json
# Seven bits instead of eight: processors without VNNI add two products in 16 bits, which eight
# bits overflow. Costs nothing measurable (Banking77, 10 examples an intent: 85.3 % with both).
_WEIGHT_LEVELS = 63
_ACTIVATION_LEVELS = 127
_LARGEST_BATCH = 16  # texts; more are no faster

Array = NDArray[np.float32]


class Weights(Protocol):
    """Tensors by the names that Hugging Face gives those of a BERT ("embeddings.LayerNorm.weight")."""

    def read(self, name: str) -> Array:
        """A whole tensor."""

    def rows(self, name: str) -> Callable[[Sequence[int]], Array]:
        """A reader of single rows of a matrix."""


class Bert:
    """The network: token ids of texts → their vectors. Thread-safe."""

    def __init__(self, weights: Weights, *, layers: Sequence[int], threads: int = 1) -> None:
        """`layers` are those whose vectors are wanted, counted from 1; what lies above all of them is left out."""
        self._layers = len(layers)
        self._positions = weights.read("embeddings.position_embeddings.weight")
        self._type = weights.read("embeddings.token_type_embeddings.weight")[0]
        self._words = weights.rows("embeddings.word_embeddings.weight")
        self._session = open_session(_graph(weights.read, layers), threads=threads)

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """The mean over the tokens of each text after each of the layers, shape (texts, layers, 384)."""
        means = np.empty((len(texts), self._layers, DIMENSION), np.float32)
        for places in _batches([len(ids) for ids in texts]):
            embedded = np.stack([self._embedded(texts[place]) for place in places])
            means[places] = np.stack(self._session.run(None, {"embedded": embedded}), axis=1)
        return means

    def _embedded(self, ids: Sequence[int]) -> Array:
        embedded: Array = self._words(ids) + self._positions[: len(ids)] + self._type
        return embedded


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of equal length, which need no padding, a batch after the other."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for place, length in enumerate(lengths):
        by_length[length].append(place)
    for places in by_length.values():
        for start in range(0, len(places), _LARGEST_BATCH):
            yield places[start : start + _LARGEST_BATCH]


class RawFile:
    """Reads parts of a file without keeping it in memory; closed when nobody needs it any more."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)

    def read(self, start: int, size: int) -> bytes:
        """`size` bytes from byte `start` on."""
        return os.pread(self._descriptor, size, start)

    def read_rows(self, start: int, size: int, rows: Sequence[int]) -> bytes:
        """The `rows` of a table of rows of `size` bytes; the system's page cache keeps the frequent ones."""
        return b"".join(os.pread(self._descriptor, size, start + row * size) for row in rows)


def open_session(graph: bytes | Path, *, threads: int) -> onnxruntime.InferenceSession:
    """An ONNX model, given as bytes or by its file, ready to run on the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Arena and memory plan keep the peak of the longest text for good.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    if isinstance(graph, Path):
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    # By way of a file: a session made from bytes keeps them for as long as it lives.
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(graph)
        file.flush()
        return onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])


def _graph(read: Callable[[str], Array], layers: Sequence[int]) -> bytes:
    """The network from summed embeddings (texts, tokens, 384) to their means after `layers`."""
    nodes: list[bytes] = []
    weights: dict[str, NDArray[np.generic]] = {
        "embeddings.scale": read("embeddings.LayerNorm.weight"),
        "embeddings.shift": read("embeddings.LayerNorm.bias"),
        "thirds": np.full(3, DIMENSION, np.int64),
        "tokens": np.array([1], np.int64),
        "numbers": np.array([2], np.int64),
        "step": np.array(1 / _ACTIVATION_LEVELS, np.float32),
        "zero": np.array(_ACTIVATION_LEVELS + 1, np.uint8),
    }
    nodes.append(
        node(
            "LayerNormalization",
            ["embedded", "embeddings.scale", "embeddings.shift"],
            ["layer0"],
            epsilon=_EPSILON,
        )
    )
    for number in range(max(layers)):
        nodes += _layer(number, read, weights)
    means = {f"mean{layer}": f"layer{layer}" for layer in layers}
    nodes += [node("ReduceMean", [layer, "tokens"], [mean], keepdims=0) for mean, layer in means.items()]
    outputs: dict[str, list[int | str]] = {mean: ["texts", DIMENSION] for mean in means}
    return model(nodes, weights, inputs={"embedded": ["texts", "tokens", DIMENSION]}, outputs=outputs)


def _layer(number: int, read: Callable[[str], Array], weights: dict[str, NDArray[np.generic]]) -> list[bytes]:
    """Self-attention and the feed-forward part, each added to its input and normalised."""
    source, made = f"encoder.layer.{number}.", f"l{number}."
    before, after = f"layer{number}", f"layer{number + 1}"

    def keep(name: str, array: NDArray[np.generic]) -> str:
        weights[made + name] = array
        return made + name

    def times(name: str, given: str, matrix: Array) -> list[bytes]:
        scale = np.abs(matrix).max(axis=1) / _WEIGHT_LEVELS
        numbers = keep(name + ".int8", np.rint(matrix / scale[:, None]).astype(np.int8).T)
        scales = keep(name + ".step", scale.astype(np.float32))
        size, largest, unit, whole, product = (f"{made}{name}.{part}" for part in "slupx")
        return [
            node("Abs", [given], [size]),
            node("ReduceMax", [size, "numbers"], [largest], keepdims=1),
            node("Div", [given, largest], [unit]),
            node("QuantizeLinear", [unit, "step", "zero"], [whole]),
            node("MatMulIntegerToFloat", [whole, numbers, "step", scales, "zero"], [product], domain=CONTRIB),
            node("Mul", [product, largest], [made + name]),
        ]

    def add_and_normalise(given: str, to: str, part: str, result: str) -> bytes:
        names = {"scale": "LayerNorm.weight", "shift": "LayerNorm.bias", "bias": "dense.bias"}
        extra = [keep(f"{part}.{name}", read(f"{source}{part}.{key}")) for name, key in names.items()]
        return node("SkipLayerNormalization", [given, to, *extra], [result], domain=CONTRIB, epsilon=_EPSILON)

    parts = [f"{source}attention.self.{part}." for part in ("query", "key", "value")]
    bias = keep("qkv.bias", np.concatenate([read(part + "bias") for part in parts]))
    split = [made + part for part in "qkv"]
    gelu = [made + "wide", keep("wide.bias", read(source + "intermediate.dense.bias"))]
    return [
        *times("qkv", before, np.concatenate([read(part + "weight") for part in parts])),
        node("Split", [made + "qkv", "thirds"], split, axis=2),
        node("MultiHeadAttention", [*split, bias], [made + "seen"], domain=CONTRIB, num_heads=_HEADS),
        *times("mixed", made + "seen", read(source + "attention.output.dense.weight")),
        add_and_normalise(made + "mixed", before, "attention.output", made + "middle"),
        *times("wide", made + "middle", read(source + "intermediate.dense.weight")),
        node("BiasGelu", gelu, [made + "bent"], domain=CONTRIB),
        *times("narrow", made + "bent", read(source + "output.dense.weight")),
        add_and_normalise(made + "narrow", made + "middle", "output", after),
    ]
