"""Files and folders are written whole or not at all, whatever stops the writing."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from newsclf.errors import InputError
from newsclf.files import refuse_unwritable, refuse_unwritable_file, replaced_file, replaced_folder, sha256_of_file

STOPS = [KeyboardInterrupt, ValueError]


def stopped_in(opened: AbstractContextManager[Path], stop: type[BaseException]) -> None:
    """Write something, and stop before all is written."""
    with opened as aside:
        (aside / "new" if aside.is_dir() else aside).write_text("ne")
        raise stop


def test_a_file_is_put_in_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with replaced_file(path) as aside:
        aside.write_text("a")
        assert not path.exists()
    assert path.read_text() == "a"
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("stop", STOPS)
def test_a_file_half_written_leaves_what_was_there(tmp_path: Path, stop: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(stop):
        stopped_in(replaced_file(path), stop)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_put_in_place_at_the_end_in_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "mine"
    for name in ("a", "b"):
        with replaced_folder(folder) as aside:
            (aside / name).write_text(name)
        assert [each.name for each in folder.iterdir()] == [name]
        assert folder.stat().st_mode & 0o777 == 0o755
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("stop", STOPS)
def test_a_folder_half_filled_leaves_what_was_there(tmp_path: Path, stop: type[BaseException]) -> None:
    folder = tmp_path / "mine"
    with replaced_folder(folder) as aside:
        (aside / "old").write_text("old")
    with pytest.raises(stop):
        stopped_in(replaced_folder(folder), stop)
    assert [each.name for each in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_the_old_folder_comes_back_if_the_last_move_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    folder = tmp_path / "mine"
    with replaced_folder(folder) as aside:
        (aside / "old").write_text("old")
    move = Path.replace

    def stopped(self: Path, target: Path) -> Path:
        if target == folder and self.name != "replaced":
            raise stop
        return move(self, target)

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises((KeyboardInterrupt, InputError)), replaced_folder(folder) as aside:
        (aside / "new").write_text("new")
    assert [each.name for each in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_in_place_of_a_file_and_a_file_in_place_of_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a folder; name a file to write"), replaced_file(tmp_path):
        pass
    with pytest.raises(InputError, match="file is a file; name a folder to write"), replaced_folder(tmp_path / "file"):
        pass
    for within in (tmp_path / "file" / "mine", tmp_path / "file" / "a" / "mine"):
        with pytest.raises(InputError, match="can't be written"), replaced_file(within):
            pass
        with pytest.raises(InputError, match="can't be written"), replaced_folder(within):
            pass


def test_an_unwritable_folder_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_unwritable(tmp_path / "new" / "mine")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file is a file; name a folder to write"):
        refuse_unwritable(tmp_path / "file" / "mine")
    # Whoever is root may write everywhere.
    monkeypatch.setattr("newsclf.files.os.access", lambda *_: False)
    with pytest.raises(InputError, match="mine can't be written: no permission to write in"):
        refuse_unwritable(tmp_path / "mine")


def test_an_unwritable_file_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_unwritable_file(tmp_path / "new" / "mine")
    (tmp_path / "file").write_text("")
    refuse_unwritable_file(tmp_path / "file")
    with pytest.raises(InputError, match="is a folder; name a file to write"):
        refuse_unwritable_file(tmp_path)
    with pytest.raises(InputError, match="file is a file; name a folder to write"):
        refuse_unwritable_file(tmp_path / "file" / "mine")
    monkeypatch.setattr("newsclf.files.os.access", lambda *_: False)
    with pytest.raises(InputError, match="can't be written: no permission to write in"):
        refuse_unwritable_file(tmp_path / "file")


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a" * 100_000)
    assert sha256_of_file(tmp_path / "a") == hashlib.sha256(b"a" * 100_000).hexdigest()
