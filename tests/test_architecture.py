"""The rules of the house, read off the source: who imports whom, how long things are, what has a docstring."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = (
    "README.md CHANGELOG.md LICENSE requirements.txt pyproject.toml app.py builder engines pages tests assets"
)
MAY_IMPORT = {
    "builder": {"builder"},
    "engines": {"engines", "builder"},
    "pages": {"pages", "engines", "builder", "strata_canvas"},
    "app": {"app", "pages", "engines", "builder"},
}
CANVAS = "strata_canvas"
"""The package in builder/canvas, installed from there."""
OURS = {*MAY_IMPORT, "tests", CANVAS}
HOOK = "builder/canvas/hatch_build.py"
WEB = {"streamlit", "starlette", "uvicorn"}
HEAVY = {
    *"torch torchmetrics pandas sklearn scipy onnx onnxruntime onnxscript tensorboard captum umap".split()
}
LONGEST_FILE, LONGEST_FUNCTION = 300, 50
VAGUE = re.compile("manager|handler|helper|util|service", re.IGNORECASE)
DECLARE_NOTHING = {"BaseModel", "NamedTuple", "Protocol", "ABC", "Generic"}
"""Classes of others that document no method of ours."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def product() -> tuple[str, ...]:
    """The Python files of the product, from the root, most general first."""
    rooms = [ROOT / room for room in ("builder", "engines", "pages")]
    files = [*(file for room in rooms for file in sorted(room.rglob("*.py"))), *ROOT.glob("*.py")]
    return tuple(file.relative_to(ROOT).as_posix() for file in files if "node_modules" not in file.parts)


@cache
def everything() -> tuple[str, ...]:
    """The Python files of the product and the tests."""
    return (
        *product(),
        *(file.relative_to(ROOT).as_posix() for file in sorted((ROOT / "tests").rglob("*.py"))),
    )


@cache
def text(path: str) -> str:
    """The source of a file."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: str) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(text(path), path)


def room(path: str) -> str:
    """The package that a file belongs to."""
    return path.split("/")[0].removesuffix(".py")


def module(path: str) -> str:
    """The name under which a file is imported."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(node: ast.AST, *, at_import_time: bool = False) -> Iterator[str]:
    """What code imports, by dotted name; at import time: not in functions, nor under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, Function) or (
            isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
        )
        if at_import_time and later:
            continue
        if isinstance(child, ast.Import):
            yield from (name.name for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield "." * child.level + (child.module or "")
        yield from imported(child, at_import_time=at_import_time)


def libraries(path: str, *, at_import_time: bool = False) -> set[str]:
    """The top-level packages that a file imports."""
    return {name.split(".")[0] for name in imported(tree(path), at_import_time=at_import_time)}


def functions(path: str) -> list[Function]:
    """Every function and method of a file."""
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


@cache
def classes() -> dict[str, tuple[ast.ClassDef, str]]:
    """Every class of the product and its file, by name."""
    pairs = [
        (node, path) for path in product() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)
    ]
    return {node.name: (node, path) for node, path in pairs}


def bases(one: ast.ClassDef) -> list[str]:
    """The names of the classes that a class extends, without their package and parameters; torch's are no layers."""
    names = [ast.unparse(base).split("[")[0] for base in one.bases]
    return [name if name.startswith("nn.") else name.split(".")[-1] for name in names]


def loaded(code: str) -> set[str]:
    """The heavy libraries that are loaded once a fresh process has run the code."""
    code += f"\nimport sys\nprint('loaded:', *({HEAVY!r} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.rsplit("loaded:", 1)[1].split())


def test_imports_go_one_way() -> None:
    """Pages may import engines, engines the builder, nobody the other way round; and by the full name."""
    wrong = {path: libraries(path) & OURS - MAY_IMPORT[room(path)] for path in product()}
    assert not {path: names for path, names in wrong.items() if names}
    assert not [path for path in everything() if "" in libraries(path)], "relative imports"


def test_the_web_stays_in_its_room() -> None:
    """Streamlit is imported in app.py, pages/ and the Python face of the canvas, and by no view."""
    rooms = ("app.py", "pages/", "builder/canvas/")
    assert not [path for path in product() if libraries(path) & WEB and not path.startswith(rooms)]
    assert not [path for path in product() if libraries(path) & WEB and path.startswith("pages/views/")]


def test_plotly_stays_in_the_views() -> None:
    """A view is data in, figure out; no one else draws."""
    rooms = [path for path in product() if "plotly" in libraries(path)]
    assert not [path for path in rooms if not path.startswith("pages/views/")]


def test_pages_import_no_torch_on_the_way_to_first_paint() -> None:
    """It takes seconds, and makes every collection of garbage slower for all who are connected."""
    shown = [path for path in product() if room(path) in ("pages", "app")]
    assert not [path for path in shown if libraries(path, at_import_time=True) & {"torch", "torchmetrics"}]
    pieces = [module(path) for path in shown if path.startswith(("pages/views/", "app.py"))]
    assert "torch" not in loaded("\n".join(f"import {piece}" for piece in pieces))


def test_registries_load_no_heavy_library() -> None:
    """Forms, reference pages and the command line read them long before anything is built or trained."""

    def is_kind(one: ast.ClassDef) -> bool:
        own = [ast.unparse(base) for base in one.bases if isinstance(base, ast.Name)]  # nn.Conv2d is torch's
        return any(
            base == "Registered" or (base in classes() and is_kind(classes()[base][0])) for base in own
        )

    homes = {module(path) for one, path in classes().values() if is_kind(one)}
    assert {"builder.layer", "engines.engine"} <= homes
    assert not loaded(f"import builder.files, builder.edits, engines, {', '.join(sorted(homes))}")


def test_files_are_short() -> None:
    """At most 300 lines."""
    lengths = {path: len(text(path).splitlines()) for path in everything()}
    sources = [*(ROOT / "builder/canvas/frontend/src").rglob("*.*"), *(ROOT / "pages").rglob("*.js")]
    lengths |= {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in sources}
    assert not {path: length for path, length in lengths.items() if length > LONGEST_FILE}


def test_functions_are_short() -> None:
    """A body of at most 50 lines, docstring not counted."""

    def length(function: Function) -> int:
        body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
        return (body[-1].end_lineno or 0) - body[0].lineno + 1

    lengths = {f"{path}: {one.name}": length(one) for path in everything() for one in functions(path)}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}


def test_functions_say_what_they_return() -> None:
    """Return types everywhere, nested functions included."""
    assert not [f"{path}: {one.name}" for path in product() for one in functions(path) if one.returns is None]


def test_names_say_what_a_thing_is() -> None:
    """A class or file that is called a manager, handler, helper, utility or service could be anything."""
    named = [
        node.name for path in everything() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)
    ]
    assert not [name for name in [*named, *everything()] if VAGUE.search(name)]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_public_things_have_a_docstring(room: str) -> None:
    """Modules, classes, functions, and methods where they are declared."""
    files = [path for path in product() if path.startswith(room)]
    bare = [
        path
        for path in files
        if not ast.get_docstring(tree(path)) and not re.fullmatch(r"pages/\w+\.py", path)
    ]
    for path in files:
        for node in tree(path).body:
            if is_public(node) and not ast.get_docstring(node):
                bare.append(f"{path}: {node.name}")
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                told = [method for method in methods(node) if inherits(node, method)]
                bare += [
                    f"{path}: {node.name}.{method}"
                    for method in methods(node, bare=True)
                    if method not in told
                ]
    assert not bare


def is_public(node: ast.stmt) -> bool:
    """Whether a statement defines a function or class for others."""
    return isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_")


def methods(one: ast.ClassDef, *, bare: bool = False) -> list[str]:
    """The public methods of a class that have a docstring, or that have none."""
    public = [node for node in one.body if isinstance(node, Function) and is_public(node)]
    return [node.name for node in public if bare != bool(ast.get_docstring(node))]


def inherits(one: ast.ClassDef, method: str) -> bool:
    """Whether a class that this one extends documents the method, or is not ours to look into."""
    for base in bases(one):
        if base not in classes():
            if base not in DECLARE_NOTHING:
                return True
        elif method in methods(classes()[base][0]) or inherits(classes()[base][0], method):
            return True
    return False


def test_nothing_is_pickled() -> None:
    """A pickle runs what its author wants when it is read."""
    assert not [
        path for path in product() if libraries(path) & {"pickle", "dill", "cloudpickle", "shelve", "marshal"}
    ]


def test_the_top_level_stays_tidy() -> None:
    """Of what git keeps; the files of a person who works here are their own."""
    command = ["git", "ls-files"]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    names = {path.split("/")[0] for path in listed}
    assert not {name for name in names if not name.startswith(".")} - set(TOP.split())


def test_every_library_is_pinned() -> None:
    """What we import stands in requirements.txt with one exact version."""
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    assert "./builder/canvas" in lines
    lines = [line for line in lines if line != "./builder/canvas"]
    assert not [line for line in lines if not re.fullmatch(r"(\w[\w-]*==\w[\w.]*)?", line)]
    pinned = {line.split("==")[0].lower() for line in lines if line}
    homes = importlib.metadata.packages_distributions()
    product = [path for path in everything() if path != HOOK]
    used = {name for path in product for name in libraries(path)} - OURS - set(sys.stdlib_module_names)
    assert not {name for name in used if not {home.lower() for home in homes.get(name, [name])} & pinned}


def test_what_builds_the_canvas_is_pinned() -> None:
    """The tools of its build, and each library of its front end with all that it needs."""
    tools = tomllib.loads(text("builder/canvas/pyproject.toml"))["build-system"]["requires"]
    node = [line for line in text(HOOK).splitlines() if line.startswith("NODE = ")]
    assert all(re.search(r"[\w-]+==\d[\d.]+\"?$", one) for one in [*tools, *node]) and node and tools
    package = json.loads(text("builder/canvas/frontend/package.json"))
    wanted = package["dependencies"] | package["devDependencies"]
    assert not [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]
    lock = json.loads(text("builder/canvas/frontend/package-lock.json"))["packages"]
    assert all(lock[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
    assert not [name for name, one in lock.items() if name and "integrity" not in one]
    assert not [name for name, one in lock.items() if "resolved" in one]  # any registry will do
    assert {f"node_modules/@esbuild/{kind}-x64" for kind in ("darwin", "linux", "win32")} <= lock.keys()
