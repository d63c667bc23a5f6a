"""Texts to vectors."""

import threading
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.encoder import EncoderError, MiniLMEncoder, load_encoder


def test_what_means_the_same_is_close_and_every_vector_has_length_one() -> None:
    """Paraphrases are nearer to each other than to another matter, and vectors are unit vectors."""
    vectors = load_encoder().encode(
        ["Where is my parcel?", "my package has still not come", "Do you sell garden lamps?"]
    )
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]


def test_a_text_has_one_vector_whatever_its_neighbours_and_threads() -> None:
    """Alone, among others, in another thread and after an empty or endless text: the same numbers."""
    encoder, found = load_encoder(), []
    alone = encoder.encode(["the lamp is broken"])[0]
    others = [f"{number} words of another length " * number for number in range(1, 8)]

    def work() -> None:
        fresh = MiniLMEncoder()
        found.append(fresh.encode([*others, "the lamp is broken", "", "x " * 100_000])[len(others)])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and all(np.array_equal(alone, vector) for vector in found)


def test_missing_and_altered_files_are_named(tmp_path: Path) -> None:
    """A model that is missing or was changed is refused with the file's name, never used."""
    with pytest.raises(EncoderError, match=r"model\.safetensors cannot be read"):
        MiniLMEncoder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EncoderError, match=r"model\.safetensors is not the published one"):
        MiniLMEncoder(tmp_path)
