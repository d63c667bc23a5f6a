"""Texts to vectors."""

import threading
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.encoder import Remembering, check_signature, load_encoder, sign
from bot.nlu.minilm import MiniLM
from bot.nlu.modelfile import EncoderError


def test_what_means_the_same_is_close_and_every_vector_has_length_one() -> None:
    """Paraphrases are nearer to each other than to another matter, and vectors are unit vectors."""
    vectors = load_encoder().encode(
        ["Where is my parcel?", "my package has still not come", "Do you sell garden lamps?"]
    )
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]


def test_frequent_words_are_known_and_slips_are_not() -> None:
    """What is one piece to the tokenizer is an ordinary word."""
    knows = load_encoder().knows
    assert knows("delivery") and knows("length") and not knows("delivry") and not knows("lenght")


def test_a_text_has_one_vector_whatever_its_neighbours_and_threads() -> None:
    """Alone, among others, in another thread and after an empty or endless text: the same numbers."""
    encoder, found = load_encoder(), []
    alone = encoder.encode(["the lamp is broken"])[0]
    others = [f"{number} words of another length " * number for number in range(1, 8)]
    others += [f"the {thing} is broken" for thing in ("cup", "LAMP", "sofa", "phone")]  # as long: of the same run

    def work() -> None:
        fresh = Remembering(MiniLM())
        found.append(fresh.encode([*others, "the lamp is broken", "", "x " * 100_000])[len(others)])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and all(np.allclose(alone, vector, atol=1e-6) for vector in found)


def test_missing_and_altered_files_are_named(tmp_path: Path) -> None:
    """A model that is missing or was changed is refused with the file's name and what to do, never used."""
    with pytest.raises(EncoderError, match=r"model\.safetensors cannot be read: .* Fix: install"):
        MiniLM(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EncoderError, match=r"model\.safetensors is not the published one"):
        MiniLM(tmp_path)
    with pytest.raises(EncoderError, match=r"no encoder .*minilm, e5"):
        load_encoder(str(tmp_path / "nowhere"))


def test_an_encoder_is_loaded_once_a_process_and_encodes_a_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody gets the same encoder, and a message that was encoded is not encoded again."""
    assert load_encoder() is load_encoder("minilm")
    network, encoded = MiniLM(), []

    def counted(texts: list[str]) -> np.ndarray:
        encoded.extend(texts)
        return MiniLM.__call__(network, texts)

    class Counting(MiniLM):
        def __init__(self) -> None: ...

        __call__ = staticmethod(counted)  # type: ignore[assignment]

    encoder = Remembering(Counting())
    encoder.encode(["my lamp is broken", "hello"])
    encoder.features(["hello", "my lamp is broken"])
    assert sorted(encoded) == ["hello", "my lamp is broken"]


def test_what_was_learnt_with_another_encoder_is_refused(tmp_path: Path) -> None:
    """Vectors of different spaces are never mixed: the stored model names its encoder."""
    sign(tmp_path, load_encoder())
    check_signature(tmp_path, load_encoder())
    (tmp_path / "encoder.txt").write_text("another/1")
    with pytest.raises(EncoderError, match=r"trained with the encoder another/1.*warmline train"):
        check_signature(tmp_path, load_encoder())
