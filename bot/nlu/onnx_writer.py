"""ONNX models written by hand: the few protobuf messages of the format that a graph of ours needs.

The `onnx` package would do the same and costs tens of megabytes in a process that wants it for a
moment. Field numbers are those of onnx.proto (IR version 8).
"""

import struct
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_IR_VERSION = 8
_OPSET = 18
CONTRIB = "com.microsoft"
"""The domain of onnxruntime's fused operators, present in every CPU build."""

_TENSOR_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}
_FLOAT, _INT = 1, 2


def model(
    nodes: Sequence[bytes],
    weights: Mapping[str, NDArray[np.generic]],
    *,
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Mapping[str, Sequence[int | str]],
    integers: Collection[str] = (),
) -> bytes:
    """A serialised ModelProto; the shapes of `inputs` and `outputs` may name free sizes.

    They are float32, except for the inputs named in `integers`, which are int64.
    """
    graph = b"".join(
        [
            *(_field(1, each) for each in nodes),
            _field(2, "graph"),
            *(_field(5, _tensor(name, array)) for name, array in weights.items()),
            *(_field(11, _value(name, shape, whole=name in integers)) for name, shape in inputs.items()),
            *(_field(12, _value(name, shape, whole=False)) for name, shape in outputs.items()),
        ]
    )
    opsets = _field(8, _field(1, "") + _field(2, _OPSET)) + _field(8, _field(1, CONTRIB) + _field(2, 1))
    return _field(1, _IR_VERSION) + opsets + _field(7, graph)


def node(
    operator: str, inputs: Sequence[str], outputs: Sequence[str], *, domain: str = "", **attributes: float
) -> bytes:
    """A NodeProto; an input that is left out is the empty name."""
    return b"".join(
        [
            *(_field(1, name) for name in inputs),
            *(_field(2, name) for name in outputs),
            _field(4, operator),
            *(_field(5, _attribute(name, value)) for name, value in attributes.items()),
            _field(7, domain),
        ]
    )


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, _INT)
    return _field(1, name) + _field(2, value) + _field(20, _FLOAT)


def _tensor(name: str, array: NDArray[np.generic]) -> bytes:
    sizes = b"".join(_field(1, size) for size in array.shape)
    return sizes + _field(2, _TENSOR_TYPES[array.dtype.name]) + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: Sequence[int | str], *, whole: bool) -> bytes:
    sizes = b"".join(_field(1, _field(2 if isinstance(size, str) else 1, size)) for size in shape)
    tensor_type = _field(1, _TENSOR_TYPES["int64" if whole else "float32"]) + _field(2, sizes)
    return _field(1, name) + _field(2, _field(1, tensor_type))


def _field(number: int, value: float | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, str):
        value = value.encode()
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
