"""Labels hang on a hash: if its normalisation changes by one letter, every label ever given is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclf.errors import InputError
from newsclf.labels import COLUMNS, Label, read_labels, title_key, write_labels

KEY = title_key("البرلمان يناقش قانون المالية")

# Made once by another program from the written rules; never to be changed.
GOLDEN = {
    "البرلمان يناقش قانون المالية": "b684c2cbeae1d4a06693019a56f05567bd5620b1d979d8493c23961afea9ad48",
    "الأمـنُ يُوقف مروّجا لـ“الحشيش” بطنجة..!": "ac2c690b9842033b156cc98037f3908c7cba59ae2639905749023813119d22c3",
    "\u200f\u202bآسيا: ٱلنفط فوق 80 دولارًا\u202c": "5205cc1efe4d1a120a96c2e54516f24c3f412a591d9354f54e5a51d30f884847",
    "PSG يهزم Real Madrid (3-1) في ﻣﻠﻌﺐ الأمراء": "2b2341edc36c3e82ee8bc181e7a4319c37f26aa8e6f8d23171e7618fc49402e1",
    "كوفيد-١٩ على مستوى گلميم ـ واد نون": "ae988badbfaffe7bd3ce1c1e78f52319b36bd6ec197f5ccc26af862cdc4ab50e",
    "قُرْآن كَرِيمۖ ۝ رقم_الهاتف": "b6f8713069b4fe31414196507d2d9a547562799b65b0ed2f9ecf9029d48c173a",
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}


@pytest.mark.parametrize(("title", "key"), GOLDEN.items())
def test_keys_never_change(title: str, key: str) -> None:
    assert title_key(title) == key


@pytest.mark.parametrize(
    "other",
    ["البرلمان، يناقش «قانون المالية»", "\u200fالبرلمـان يُناقشُ  قانون\u00a0المالية !", "البرلمان يناقش\nقانون المالية"],
)
def test_writing_differences_that_publishing_brings_make_no_difference(other: str) -> None:
    assert title_key(other) == KEY


def _file(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    return path


def test_written_labels_are_read_back(tmp_path: Path) -> None:
    labels = [
        Label(title_key("ب"), "security", "politics", "hespress", "r1", "test"),
        Label(title_key("ا"), "other", "", "egypt", "r2", ""),
    ]
    path = tmp_path / "a.csv"
    write_labels(labels, path)
    assert read_labels([path]) == {label.key: label for label in labels}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "key,category,second,source,reader,split"
    assert lines[1:] == sorted(lines[1:])


def test_the_guideline_set_wins_over_a_plain_label_of_the_same_title(tmp_path: Path) -> None:
    plain = _file(tmp_path / "z.csv", f"{KEY},politics,economy,hespress,r1,")
    guideline = _file(tmp_path / "a.csv", f"{KEY},politics,economy,hespress,r2,test")
    for order in ([plain, guideline], [guideline, plain]):
        assert read_labels(order)[KEY].split == "test"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{KEY},politics,,hespress,r1", r"a.csv, line 2, has 5 fields, not 6"),
        ("abc,politics,,hespress,r1,", "line 2, has no key"),
        (f"{KEY},politic,,hespress,r1,", "category 'politic'.*security, sport"),
        (f"{KEY},politics,politics,hespress,r1,", "two different ones"),
        (f"{KEY},politics,X,hespress,r1,", "second 'X'"),
        (f"{KEY},politics,,hespress,r1,train", "split 'train'; give dev or test"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labels([_file(tmp_path / "a.csv", line)])


@pytest.mark.parametrize(
    "second_line", [f"{KEY},economy,,hespress,r2,", f"{KEY},politics,economy,hespress,r2,", f"{KEY},politics,,h,r,dev"]
)
def test_two_lines_that_disagree_are_both_named(tmp_path: Path, second_line: str) -> None:
    first = _file(tmp_path / "a.csv", f"{KEY},politics,,hespress,r1,test")
    with pytest.raises(InputError, match=r"b.csv, line 2, .*a.csv, line 2"):
        read_labels([first, _file(tmp_path / "b.csv", second_line)])


def test_another_csv_is_no_label_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title,category\nخبر,sport\n", encoding="utf-8")
    with pytest.raises(InputError, match="no label file: its columns are title, category"):
        read_labels([path])
