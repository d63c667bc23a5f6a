"""An encoder that a business brings itself: a folder with an ONNX model, a tokenizer and a description."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bot.errors import ConfigurationError
from bot.nlu.encoder import files_of, load_encoder
from bot.nlu.folder import FolderNetwork
from bot.nlu.hybrid_training import train
from bot.nlu.modelfile import EncoderError
from bot.nlu.onnx_writer import model, node

WORDS = {"lamp": (1, 0, 0), "lampe": (0.9, 0.1, 0), "parcel": (0, 1, 0), "late": (0, 0.8, 0.6), "query": (0, 0, 1)}


def folder_in(root: Path, *, settings: str = "", pooled: bool = False) -> Path:
    """A tiny encoder: a vector of three numbers for each word, and for the text their mean."""
    words = {"[UNK]": 0, **{word: number for number, word in enumerate(WORDS, 1)}}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(root / "tokenizer.json"))
    table = np.array([(0.1, 0.1, 0.1), *WORDS.values()], np.float32)
    nodes = [node("Gather", ["table", "input_ids"], ["tokens"])]
    outputs: dict[str, list[int | str]] = {"tokens": [1, "count", 3]}
    weights: dict[str, np.ndarray] = {"table": table}
    if pooled:
        weights["axis"] = np.array([1], np.int64)
        nodes.append(node("ReduceMean", ["tokens", "axis"], ["sentence"], keepdims=0))
        outputs = {"sentence": [1, 3]}
    inputs = {"input_ids": [1, "count"], "attention_mask": [1, "count"]}
    (root / "model.onnx").write_bytes(model(nodes, weights, inputs=inputs, outputs=outputs, integers=inputs))
    files = "".join(
        f"  {name}: {hashlib.sha256((root / name).read_bytes()).hexdigest()}\n"
        for name in ("model.onnx", "tokenizer.json")
    )
    (root / "encoder.yml").write_text(f"name: tiny/1\nfiles:\n{files}{settings}")
    return root


def test_a_folder_is_an_encoder_like_any_other(tmp_path: Path) -> None:
    """By its path in the configuration: unit vectors, a name of its own, loaded once, good for training."""
    choice = str(folder_in(tmp_path))
    encoder = load_encoder(choice)
    assert encoder is load_encoder(choice) and encoder is not load_encoder()
    assert (encoder.name, encoder.dimension) == ("tiny/1", 3)
    vectors = encoder.encode(["lamp", "lampe", "parcel late", ""])
    assert vectors.shape == (4, 3) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.95 > 0.5 > vectors[0] @ vectors[2]
    assert encoder.knows("parcel") and not encoder.knows("parcle")
    assert files_of(choice) == [tmp_path / "encoder.yml"] and files_of("minilm") == []
    texts, intents = ["lamp", "lampe lamp", "parcel", "parcel late"], ["light", "light", "post", "post"]
    trained = train(texts, intents, encoder, rejection=0.05)
    assert trained.predict("lampe", encoder.features(["lampe"])[0]).intents[0] == "light"


def test_prefix_pooling_and_length_are_told_by_the_description(tmp_path: Path) -> None:
    """A prefix before every text, the first token instead of the mean, and how many tokens count."""
    root = folder_in(tmp_path)
    mean = FolderNetwork(root)(["lamp late"])
    assert np.allclose(mean, np.array([1, 0.8, 0.6]) / np.linalg.norm([1, 0.8, 0.6]), atol=1e-5)
    assert np.allclose(FolderNetwork(folder_in(root, settings="pooling: first\n"))(["lamp late"]), [1, 0, 0], atol=1e-5)
    assert np.allclose(FolderNetwork(folder_in(root, settings="longest: 1\n"))(["lamp late"]), [1, 0, 0], atol=1e-5)
    prefixed = FolderNetwork(folder_in(root, settings='prefix: "query "\npooling: first\n'))
    assert np.allclose(prefixed(["lamp"]), [0, 0, 1], atol=1e-5)
    assert np.allclose(FolderNetwork(folder_in(root, pooled=True))(["lamp late"]), mean, atol=1e-5)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name: tiny/1\n", "", r'encoder\.yml:1: "name" is missing'),
        ("  tokenizer.json", "  tokeniser.json", r"encoder\.yml:2: files: tokenizer\.json is not listed"),
        ("  model.onnx: ", "  model.onnx: 12", r"encoder\.yml:3: .*no SHA-256"),
        ("name:", "pooling: sum\nname:", r'encoder\.yml:1: pooling: "sum" is not known'),
        ("name:", "prefixes: a\nname:", r"encoder\.yml:1: prefixes: not a known setting.*prefix"),
    ],
)
def test_a_mistake_in_the_description_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    """File, line and what to write instead."""
    file = folder_in(tmp_path) / "encoder.yml"
    file.write_text(file.read_text().replace(before, after))
    with pytest.raises(ConfigurationError, match=said):
        load_encoder(str(tmp_path))


def test_altered_and_unusable_files_are_named(tmp_path: Path) -> None:
    """A model that is not the one described is refused, and so is one that is none."""
    root = folder_in(tmp_path)
    description = (root / "encoder.yml").read_text()
    (root / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(EncoderError, match=r"model\.onnx is not the published one"):
        load_encoder(str(root))
    digits = hashlib.sha256(b"not a model").hexdigest()
    (root / "encoder.yml").write_text(description.replace(description.split()[4], digits))
    with pytest.raises(EncoderError, match=r"cannot be used"):
        load_encoder(str(root))
