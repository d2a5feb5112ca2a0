"""The ways to tag texts that are compared: each can be trained, kept in a folder, and loaded to predict."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

# Nothing heavy is imported here: what a peer imports is part of its cold start.

Predict = Callable[[Any], Any]

# fastText and Vowpal Wabbit read a text as one line, in which these have a meaning of their own.
_ONE_LINE = str.maketrans(dict.fromkeys("\n\r\0", " "))
_VOWPAL_LINE = str.maketrans(dict.fromkeys("\n\r\0:|", " "))


class Peer(Protocol):
    """One way to tag texts."""

    title: str
    module: str
    takes_arrow: bool

    def fit(self, texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
        """Train, and keep the model in a folder."""

    def load(self, folder: Path) -> Predict:
        """Return what gives the labels of a list of texts (of an Arrow array, if the peer takes that)."""


class Newsclf:
    """Our model, given a list of texts."""

    title = "newsclf, from a Python list"
    module = "newsclf"
    takes_arrow = False

    def fit(self, texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
        """Train with the parameters and the context vectors of experiments/default.toml."""
        default_classifier(texts, labels).to_topic_model(precision="float16").save(folder)

    def load(self, folder: Path) -> Predict:
        """Return the predictor's `predict`."""
        import newsclf

        return newsclf.load(folder).predict


class NewsclfArrow(Newsclf):
    """Our model, given an Arrow array."""

    title = "newsclf, from an Arrow array"
    takes_arrow = True


class Floor:
    """No tagger: splits texts at blanks and dictionary-encodes the pieces, and nothing else."""

    title = "floor: split and dictionary-encode"
    module = "pyarrow"
    takes_arrow = True

    def fit(self, texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
        """There is nothing to learn."""
        folder.mkdir(parents=True)

    def load(self, folder: Path) -> Predict:
        """Return the two passes of Arrow."""
        import pyarrow.compute as pc

        def split_and_encode(texts: Any) -> None:
            pc.ascii_split_whitespace(texts).flatten().dictionary_encode()

        return split_and_encode


class FastText:
    """fastText: supervised, one thread, with word bigrams.

    Parameters
    ----------
    title : str
    longest : int
        Character n-grams have 3 to so many characters; with 0 there are none.
    """

    module = "fasttext"
    takes_arrow = False

    def __init__(self, title: str, longest: int) -> None:
        self.title = title
        self.longest = longest

    def fit(self, texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
        """Train from a file, which is what fastText reads."""
        import fasttext

        folder.mkdir(parents=True)
        lines = folder / "train.txt"
        with lines.open("w", encoding="utf-8") as file:
            for text, label in zip(texts, labels, strict=True):
                file.write(f"__label__{label} {text.translate(_ONE_LINE)}\n")
        shortest = 3 if self.longest else 0
        model = fasttext.train_supervised(
            str(lines),
            minn=shortest,
            maxn=self.longest,
            wordNgrams=2,
            dim=50,
            epoch=25,
            lr=0.5,
            bucket=1 << 18,
            thread=1,
            seed=0,
            verbose=0,
        )
        lines.unlink()
        model.save_model(str(folder / "model.bin"))

    def load(self, folder: Path) -> Predict:
        """Return fastText's own prediction of a list of lines."""
        import fasttext

        # It warns on standard error that `load_model` returns an object.
        fasttext.FastText.eprint = lambda _: None
        model = fasttext.load_model(str(folder / "model.bin"))
        prefix = len("__label__")

        def predict(texts: list[str]) -> list[str]:
            found, _ = model.predict([text.translate(_ONE_LINE) for text in texts])
            return [labels[0][prefix:] for labels in found]

        return predict


class ScikitLearn:
    """A textbook recipe of scikit-learn with LinearSVC, the one our experiments use as a baseline.

    Parameters
    ----------
    title : str
    features : {"words", "union"}
    """

    module = "sklearn"
    takes_arrow = False

    def __init__(self, title: str, features: str) -> None:
        self.title = title
        self.features = features

    def fit(self, texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
        """Train, and keep the pipeline with joblib."""
        import joblib

        from newsclf.estimators import TextbookClassifier

        classifier = TextbookClassifier(features=self.features, linear="svm").fit(texts, labels)
        folder.mkdir(parents=True)
        joblib.dump(classifier.pipeline_, folder / "pipeline.joblib")

    def load(self, folder: Path) -> Predict:
        """Return the pipeline's `predict`, as a list."""
        import joblib

        pipeline = joblib.load(folder / "pipeline.joblib")
        return lambda texts: pipeline.predict(texts).tolist()


class VowpalWabbit:
    """Vowpal Wabbit: one against all, logistic loss, words and word bigrams."""

    title = "Vowpal Wabbit, words"
    module = "vowpalwabbit"
    takes_arrow = False

    def fit(self, texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
        """Train in five passes over a file."""
        import numpy as np
        from vowpalwabbit import Workspace

        folder.mkdir(parents=True)
        names, numbers = np.unique(np.array(labels), return_inverse=True)
        lines = folder / "train.txt"
        with lines.open("w", encoding="utf-8") as file:
            for text, number in zip(texts, numbers.tolist(), strict=True):
                file.write(f"{number + 1} | {text.translate(_VOWPAL_LINE)}\n")
        Workspace(
            f"-d {lines} --cache_file {folder / 'cache'} -k --passes 5 --holdout_off --oaa {names.size} "
            f"--loss_function logistic --ngram 2 -b 22 -f {folder / 'model.vw'} --quiet"
        ).finish()
        lines.unlink()
        (folder / "cache").unlink(missing_ok=True)
        (folder / "names.txt").write_text("\n".join(names), encoding="utf-8")

    def load(self, folder: Path) -> Predict:
        """Return a loop over the texts, which is what its Python interface offers."""
        from vowpalwabbit import Workspace

        workspace = Workspace(f"-t -i {folder / 'model.vw'} --quiet")
        names = (folder / "names.txt").read_text(encoding="utf-8").split("\n")

        def predict(texts: list[str]) -> list[str]:
            return [names[workspace.predict("| " + text.translate(_VOWPAL_LINE)) - 1] for text in texts]

        return predict


PEERS: dict[str, Peer] = {
    "newsclf": Newsclf(),
    "newsclf-arrow": NewsclfArrow(),
    "floor": Floor(),
    "fasttext-subwords": FastText("fastText, words and subwords", longest=5),
    "fasttext-words": FastText("fastText, words", longest=0),
    "vowpalwabbit": VowpalWabbit(),
    "sklearn-words": ScikitLearn("scikit-learn, words, LinearSVC", "words"),
    "sklearn-union": ScikitLearn("scikit-learn, words and character n-grams, LinearSVC", "union"),
}
# A peer that uses the model another one trained.
SAME_MODEL = {"newsclf-arrow": "newsclf"}


def default_classifier(texts: Any, labels: Any) -> Any:
    """Return our model, trained as experiments/default.toml says."""
    from newsclf.classifier import TopicClassifier
    from newsclf.configuration import read_experiment
    from newsclf.contextvectors import ContextVectors

    root = Path(__file__).resolve().parents[2]
    settings = read_experiment(root / "experiments" / "default.toml")
    context = ContextVectors.load(root / settings.training.context.file)
    return TopicClassifier(**settings.model).fit(texts, labels, context=context)


def reason_to_skip(name: str) -> str | None:
    """Return why a peer can't be measured here, or None."""
    module = PEERS[name].module
    if importlib.util.find_spec(module) is None:
        return f"the module {module} is not installed here"
    return None
