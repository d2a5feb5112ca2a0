"""`TopicModel`: the numbers of a trained model, what follows from them, and how they are kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newsclf.errors import ConfigurationError, ModelError
from newsclf.files import replaced_folder
from newsclf.npz import npz_arrays, npz_bytes
from newsclf.subwords import SubwordSettings, subwords
from newsclf.taxonomy import OTHER
from newsclf.text import has_arabic_letter

Floats = npt.NDArray[np.float32]

FORMAT = "newsclf-topic-model"
FORMAT_VERSION = 1
MANIFEST_FILE = "model.json"
WEIGHTS_FILE = "weights.npz"

# A word has some thirty n-grams with k scores each: this many words take tens of megabytes while they are scored.
_WORDS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Calibration:
    """What turns scores into probabilities, and which probability is enough to be confident.

    Scores are divided by a temperature before the softmax (Guo et al., 2017, "On Calibration of
    Modern Neural Networks"). Scores of a longer text are larger, so the temperature follows the
    number n of telling words: ``exp(log_temperature + length_slope * ln(n))``.

    Parameters
    ----------
    log_temperature, length_slope : float
    threshold : float
        A prediction at least this probable is confident.
    """

    log_temperature: float = 0.0
    length_slope: float = 0.0
    threshold: float = 0.5

    def probabilities(self, scores: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> Floats:
        """Return calibrated probabilities.

        Parameters
        ----------
        scores : ndarray of shape (k, n)
            One column for each text.
        lengths : ndarray of shape (n,)
            Number of telling words of each text.

        Returns
        -------
        ndarray of float32, shape (k, n)
            Columns sum to 1.
        """
        temperature = np.exp(self.log_temperature + self.length_slope * np.log(np.maximum(lengths, 1)))
        scaled = scores / temperature
        scaled -= scaled.max(axis=0)
        np.exp(scaled, out=scaled)
        scaled /= scaled.sum(axis=0)
        return np.asarray(scaled, dtype=np.float32)


@dataclass(frozen=True)
class TopicModel:
    """A linear topic model in the form predicting needs: a score vector for every word.

    A word's scores are its row of `word_scores` when it is in the vocabulary, and otherwise the sum
    of the rows of `bucket_scores` of its character n-grams, if it is written in Arabic letters. A
    text's scores are the sum of its words' scores over the square root of their number, plus `bias`.

    Parameters
    ----------
    categories : tuple of str
        The k categories.
    vocabulary : tuple of str
        The v words with scores of their own.
    word_scores : ndarray of float32, shape (v, k)
    bucket_scores : ndarray of float32, shape (2 ** subword_settings.bucket_bits, k)
    bias : ndarray of float64, shape (k,)
    subword_settings : SubwordSettings
    calibration : Calibration
    precision : {"float32", "float16"}
        Type in which the scores are kept on disk. The model rounds them at once, so that what is
        measured is what is saved.
    manifest : dict
        What the model was trained on and how it measured; free for the trainer to fill.

    Raises
    ------
    ModelError
        If the parts don't fit together.
    """

    categories: tuple[str, ...]
    vocabulary: tuple[str, ...]
    word_scores: Floats
    bucket_scores: Floats
    bias: npt.NDArray[np.float64]
    subword_settings: SubwordSettings
    calibration: Calibration = Calibration()
    precision: str = "float32"
    manifest: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        k = len(self.categories)
        wanted = {
            "word_scores": (len(self.vocabulary), k),
            "bucket_scores": (self.subword_settings.buckets, k),
            "bias": (k,),
        }
        for name, shape in wanted.items():
            found = getattr(self, name)
            if found.shape != shape:
                raise ModelError(f"{name} has shape {found.shape} where the model needs {shape}")
            if not np.isfinite(found).all():
                raise ModelError(f"{name} holds values that are not finite")
        if self.precision not in {"float32", "float16"}:
            raise ModelError(f"precision must be float32 or float16, not {self.precision}")
        for name in ("word_scores", "bucket_scores"):
            rounded = getattr(self, name).astype(self.precision).astype(np.float32)
            object.__setattr__(self, name, rounded)

    @cached_property
    def place(self) -> dict[str, int]:
        """For every word of the vocabulary, its row of `word_scores`."""
        return {word: row for row, word in enumerate(self.vocabulary)}

    def scores_of_words(self, words: Sequence[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return each word's score vector and whether it tells anything.

        Parameters
        ----------
        words : sequence of str
            Normalised words.

        Returns
        -------
        scores : ndarray of float64, shape (len(words), k)
        telling : ndarray of bool, shape (len(words),)
            False for a word that is neither in the vocabulary nor written in Arabic letters; its
            scores are 0 and it does not count in the length of a text.
        """
        rows = np.fromiter((self.place.get(word, -1) for word in words), dtype=np.int64, count=len(words))
        known = rows >= 0
        scores = np.zeros((len(words), len(self.categories)))
        scores[known] = self.word_scores[rows[known]]
        arabic = np.fromiter(map(has_arabic_letter, words), dtype=np.bool_, count=len(words))
        guessed = np.flatnonzero(~known & arabic)
        for begin in range(0, guessed.size, _WORDS_AT_ONCE):
            places = guessed[begin : begin + _WORDS_AT_ONCE]
            found = subwords([words[place] for place in places.tolist()], self.subword_settings)
            rows_of_grams = self.bucket_scores[found.buckets].astype(np.float64)
            # A word too short for any n-gram scores nothing; `reduceat` would give it the next word's first.
            some = np.diff(found.starts) > 0
            scores[places[some]] = np.add.reduceat(rows_of_grams, found.starts[:-1][some], axis=0)
        return scores, known | arabic

    def scores(self, sums: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the scores of texts from the sums of their words' scores.

        Parameters
        ----------
        sums : ndarray of shape (k, n)
        lengths : ndarray of shape (n,)
            Number of telling words of each text. A text with none is taken for `other`.

        Returns
        -------
        ndarray of float64, shape (k, n)
        """
        scores = sums / np.sqrt(np.maximum(lengths, 1)) + self.bias[:, None]
        silent = lengths == 0
        if silent.any() and OTHER in self.categories:
            scores[:, silent] = 0.0
            scores[self.categories.index(OTHER), silent] = 1.0
        return np.asarray(scores)

    def save(self, folder: Path) -> None:
        """Write the model as a folder of `model.json` and `weights.npz`, whole or not at all.

        The same model gives the same bytes.

        Raises
        ------
        InputError
            If the folder can't be written.
        """
        kept = np.dtype(self.precision)
        weights = npz_bytes(
            {
                "words": np.frombuffer("\n".join(self.vocabulary).encode(), dtype=np.uint8),
                "word_scores": self.word_scores.astype(kept),
                "bucket_scores": self.bucket_scores.astype(kept),
                "bias": self.bias,
            }
        )
        settings = self.subword_settings
        description = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "categories": list(self.categories),
            "subwords": {
                "shortest": settings.shortest,
                "longest": settings.longest,
                "bucket_bits": settings.bucket_bits,
            },
            "calibration": {
                "log_temperature": self.calibration.log_temperature,
                "length_slope": self.calibration.length_slope,
                "threshold": self.calibration.threshold,
            },
            "precision": self.precision,
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
            "manifest": self.manifest,
        }
        with replaced_folder(folder) as aside:
            (aside / WEIGHTS_FILE).write_bytes(weights)
            text = json.dumps(description, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
            (aside / MANIFEST_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """Read a model that `save` wrote.

        Raises
        ------
        ModelError
            If the folder is missing, holds no model, is damaged, or was written by a newer version.
        """
        description = _read_description(folder)
        weights = _read_weights(folder, description)
        try:
            text = weights["words"].tobytes().decode()
            return cls(
                categories=tuple(description["categories"]),
                vocabulary=tuple(text.split("\n")) if text else (),
                word_scores=weights["word_scores"].astype(np.float32),
                bucket_scores=weights["bucket_scores"].astype(np.float32),
                bias=weights["bias"].astype(np.float64),
                subword_settings=SubwordSettings(**description["subwords"]),
                calibration=Calibration(**description["calibration"]),
                precision=description["precision"],
                manifest=description["manifest"],
            )
        except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
            raise ModelError(
                f"{folder} is not a whole newsclf model ({type(error).__name__}: {error}); save it again"
            ) from error
        except (ModelError, ConfigurationError) as error:
            raise ModelError(f"{folder}: {error}") from error


def _read_description(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelError(f"{folder} is no folder; a model is a folder with {MANIFEST_FILE} and {WEIGHTS_FILE}")
    path = folder / MANIFEST_FILE
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder} holds no {MANIFEST_FILE}, so it is no newsclf model") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is damaged ({error}); restore the folder or train again") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ModelError(f"{path} does not describe a newsclf model")
    if description.get("format_version") != FORMAT_VERSION:
        raise ModelError(
            f"{path} has format version {description.get('format_version')}; this newsclf reads {FORMAT_VERSION}"
        )
    return description


def _read_weights(folder: Path, description: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    path = folder / WEIGHTS_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != description.get("weights_sha256"):
        raise ModelError(f"{path} is not the file that {MANIFEST_FILE} describes (sha256 differs); restore the folder")
    return npz_arrays(content, path)
