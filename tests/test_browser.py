"""Which Chromium the browser tests get, and what happens where there is none."""

import sys
from pathlib import Path

import pytest

from tests import __main__ as command
from tests import browser


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a browser; returns a folder on its PATH."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(browser, "PLACES", {})
    return tmp_path


def program(path: Path, script: str = "exit 1") -> str:
    """A program that is no browser."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_bare_machine_has_none(bare: Path) -> None:
    assert list(browser.candidates()) == []
    assert browser.find() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="makes programs of shell scripts")
def test_the_chosen_one_comes_first_then_those_on_the_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later, sooner = program(bare / "google-chrome"), program(bare / "chromium")
    assert list(browser.candidates()) == [sooner, later]
    monkeypatch.setenv("CHROMIUM", "/chosen/by/me")
    assert list(browser.candidates()) == ["/chosen/by/me", sooner, later]


def test_usual_places_of_other_systems(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATA_TEST_PROGRAMS", str(bare))
    chrome = bare / "chrome.exe"
    monkeypatch.setattr(browser, "PLACES", {"win32": ("$STRATA_TEST_PROGRAMS/chrome.exe",)})
    assert list(browser.candidates("win32")) == []
    chrome.touch()
    assert list(browser.candidates("win32")) == [str(chrome)]
    assert list(browser.candidates("linux")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="makes programs of shell scripts")
def test_what_does_not_start_is_passed_over(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "chromium")
    assert browser.find() == ""
    real = program(bare / "chrome")
    monkeypatch.setattr(browser, "starts", lambda path: path == real)
    assert browser.find() == real


def test_a_missing_browser_is_installed(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[list[str]] = []
    monkeypatch.setattr(command, "installers", lambda: iter([["first"], ["second"], ["third"]]))
    monkeypatch.setattr(
        command, "succeeds", lambda install: not done.append(install) and install != ["first"]
    )
    monkeypatch.setattr(browser, "find", lambda: "/usr/bin/it" if ["second"] in done else "")
    assert command.provided() == "/usr/bin/it"
    assert done == [["first"], ["second"]]


def test_installers_that_fail_are_survived(bare: Path) -> None:
    assert command.succeeds([sys.executable, "-c", ""])
    assert not command.succeeds([sys.executable, "-c", "raise SystemExit(3)"])
    assert not command.succeeds([str(bare / "nowhere")])
    assert not command.succeeds([sys.executable, "-c", "import time; time.sleep(60)"], patience=0.5)


def test_no_browser_is_said_aloud_and_the_exit_code_passes_through(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "installers", lambda: iter(()))
    assert command.main(["-n0", "no_such_test.py"]) == 4, "pytest's usage error"
    assert "NO BROWSER." in capsys.readouterr().out


def test_requests_that_leave_the_machine_are_told_apart() -> None:
    assert browser.foreign("https://fonts.example.org/a.woff2")
    assert browser.foreign("wss://example.org/stream")
    for url in (
        "http://127.0.0.1:8501/",
        "ws://localhost:8501/_stcore/stream",
        "data:image/png;base64,",
        "blob:x",
    ):
        assert not browser.foreign(url)
