"""The ledger: what was dealt with is remembered beyond the server's life, and only what really was."""

from pathlib import Path

import pytest

from pages.parts.documents.ledger import MOST, Ledger


def test_it_outlives_the_server(tmp_path: Path) -> None:
    """What the project's file has come to is done."""
    with Ledger(tmp_path / "done", 0).taking("one", 5, 1):
        pass
    assert (Ledger(tmp_path / "done", 1).done("one"), Ledger(tmp_path / "done", 1).done("two")) == (5, 0)


def test_what_was_not_saved_is_not_done(tmp_path: Path) -> None:
    """Killed before the project was saved: not even when somebody else has made that revision since."""
    ledger = Ledger(tmp_path / "done", 1)
    with ledger.taking("one", 5, 2):
        (tmp_path / "copy").write_bytes((tmp_path / "done").read_bytes())
    assert Ledger(tmp_path / "copy", 1).done("one") == 0
    assert Ledger(tmp_path / "copy", 2).done("one") == 0


def test_a_save_that_fails_is_forgotten(tmp_path: Path) -> None:
    """The edits will be sent again."""
    ledger = Ledger(tmp_path / "done", 0)
    with pytest.raises(OSError, match="full"), ledger.taking("one", 5, 1):
        raise OSError("full")
    assert ledger.done("one") == Ledger(tmp_path / "done", 1).done("one") == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"one": 3}', '{"one": ["x", 1]}', '{"one": null}'])
def test_a_damaged_one_is_empty(tmp_path: Path, text: str) -> None:
    """It costs nothing but the memory of the last edits."""
    (tmp_path / "done").write_text(text)
    assert Ledger(tmp_path / "done", 9).done("one") == 0


def test_it_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    monkeypatch.setattr("pages.parts.documents.ledger._read", lambda path: reads.append(path) or {})
    Ledger(tmp_path / "done", 0)
    assert reads == [tmp_path / "done"]


def test_it_does_not_grow(tmp_path: Path) -> None:
    """Those that wrote last are remembered."""
    ledger = Ledger(tmp_path / "done", 0)
    for number in range(MOST + 5):
        with ledger.taking(f"tab{number}", 1, number + 1):
            pass
    assert [ledger.done(f"tab{number}") for number in (4, 5, MOST + 4)] == [0, 1, 1]
