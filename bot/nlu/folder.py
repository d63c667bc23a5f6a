"""An encoder of one's own: a folder with an ONNX model and its tokenizer, described by an encoder.yml.

The model is one for sentences as Hugging Face publishes them: it takes `input_ids` and perhaps `attention_mask`
and `token_type_ids`, and its first output is either the vectors of the tokens, shape (1, tokens, d), or the
vector of the text, shape (1, d).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from tokenizers import Tokenizer

from bot.nlu.bert import Array, open_session
from bot.nlu.modelfile import EncoderError, check_files
from bot.yamlfile import read_document, validated, wrong

DESCRIPTION = "encoder.yml"
_MODEL, _TOKENIZER = "model.onnx", "tokenizer.json"
_LONGEST_TEXT = 4_000  # characters
_WORD_BEGINS = ("", "▁", "Ġ")  # before a piece: in the vocabularies of WordPiece, of SentencePiece and of bytes


def _both_files(files: dict[str, str]) -> dict[str, str]:
    for name in (_MODEL, _TOKENIZER):
        if name not in files:
            raise wrong(f"{name} is not listed", f"add {name}: and its SHA-256, as sha256sum prints it")
    return files


def _digits(digits: str) -> str:
    if len(digits) != 64 or not set(digits.lower()) <= set("0123456789abcdef"):
        raise wrong(f'"{digits}" is no SHA-256', "write the 64 digits that sha256sum prints")
    return digits


class Description(BaseModel):
    """What encoder.yml says.

    `name` tells the vector space from others. `files` gives the SHA-256 of each file. `prefix` is put before
    every text. `pooling` says what stands for the text where the model gives a vector for each token: their
    `mean` or the `first`. `longest` is the number of tokens of a text that count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1)]
    files: Annotated[dict[str, Annotated[str, AfterValidator(_digits)]], AfterValidator(_both_files)]
    prefix: str = ""
    pooling: Literal["mean", "first"] = "mean"
    longest: int = Field(default=128, ge=1)


class FolderNetwork:
    """Texts → their unit vectors. Thread-safe.

    One text a run: whether the vector of a text depends on its neighbours is not known of a model of one's own.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Raises ConfigurationError for encoder.yml, EncoderError for a file that is missing, altered or of no use."""
        file = folder / DESCRIPTION
        self._told = validated(read_document(file, str(file)), Description)
        check_files(folder, self._told.files)
        try:
            self._session = open_session(folder / _MODEL, threads=threads)
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        except Exception as error:  # both libraries raise whatever they like
            raise EncoderError(f"The language model in {folder} cannot be used: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._told.longest)
        self._inputs = [given.name for given in self._session.get_inputs()]
        self.dimension = self.width = len(self._one(""))

    @property
    def name(self) -> str:
        """As encoder.yml gives it."""
        return self._told.name

    def __call__(self, texts: Sequence[str]) -> Array:
        """The unit vectors of `texts`, shape (len(texts), d)."""
        return np.stack([self._one(text) for text in texts])

    def knows(self, word: str) -> bool:
        """Whether `word` is one piece."""
        return any(self._tokenizer.token_to_id(mark + word) is not None for mark in _WORD_BEGINS)

    def _one(self, text: str) -> Array:
        encoded = self._tokenizer.encode(self._told.prefix + text[:_LONGEST_TEXT])
        ids = encoded.ids or [0]  # a tokenizer without marks of its own makes nothing of an empty text
        given = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "token_type_ids": np.zeros((1, len(ids)), np.int64),
        }
        first = self._session.run(None, {name: given[name] for name in self._inputs})[0][0]
        vector = first if first.ndim == 1 else first[0] if self._told.pooling == "first" else first.mean(axis=0)
        unit: Array = (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
        return unit
