"""Python: the network, its preprocessing and a short script in one file that needs torch alone, beside its weights."""

from __future__ import annotations

import ast
import inspect
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from engines.exports.export import Export, file_name
from engines.exports.safetensors import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engines.trained import Trained

_STANDARD = (
    "import csv",
    "import io",
    "import json",
    "import math",
    "import sys",
    "from pathlib import Path",
)
_HEAD = '''"""A network made with Strata. It needs Python 3.11 and torch alone; its weights lie beside it.

Predict from the command line:

    {usage}

or in Python: `import model` and `model.predict(…)`. To go on training: `network = model.load()`.
"""
'''
_LOAD = '''
def load(path: str | Path = Path(__file__).with_name("weights.safetensors")) -> Model:
    """The network with its weights, ready to predict."""
    return loaded(Model(), path)
'''
_ROWS = '''
def inputs_of(rows: list) -> Tensor:
    """Rows as what the network takes: dicts by column name, or lists of cells or numbers."""
    return torch.tensor([encode(row) for row in rows], dtype=getattr(torch, DTYPE)).reshape(-1, *SHAPE)


def predict(rows: list, network: nn.Module | None = None) -> list[dict]:
    """What the network answers, row by row."""
    with torch.no_grad():
        outputs = (network or load())(inputs_of(rows))
    return [answer(row) for row in probabilities(TASK, outputs).tolist()]
'''
_CLASSES = '''
def answer(row: list[float]) -> dict:
    """One row of probabilities, told by name."""
    return answer_of(TASK, CLASSES, row)
'''
_VALUES = '''
def answer(row: list[float]) -> dict:
    """One row of outputs in the units of the targets."""
    return dict(zip(TARGET, decode(row), strict=True))
'''
_TENSORS = '''
def predict(given: dict[str, list], network: nn.Module | None = None) -> dict[str, list]:
    """The network's outputs by name, given a list of examples (nested lists of numbers) for each of its inputs."""
    tensors = [torch.tensor(given[name], dtype=getattr(torch, kind)) for name, kind in INPUTS.items()]
    if len({len(one) for one in tensors}) > 1:
        raise ValueError(f"Each of {', '.join(INPUTS)} must have as many examples as the others.")
    with torch.no_grad():
        outputs = (network or load())(*tensors)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return {name: output.tolist() for name, output in zip(OUTPUTS, outputs, strict=True)}
'''
_MAIN_ROWS = """
if __name__ == "__main__":
    NAMES = tuple(EXAMPLE) if isinstance(EXAMPLE, dict) else ()
    for line in predict(read_rows(sys.argv[1], NAMES) if len(sys.argv) > 1 else [EXAMPLE]):
        print(json.dumps(line))
"""
_MAIN_TENSORS = """
if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"Usage: python model.py FILE.json, with a list of examples for each of: {', '.join(INPUTS)}")
    print(json.dumps(predict(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
"""


class Python(Export):
    """The network as readable Python that needs torch alone, its weights, and a script that predicts."""

    icon: ClassVar = "code"
    suffix: ClassVar = "-python.zip"
    needs: ClassVar = "torch"

    def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
        """A zip with model.py, weights.safetensors and README.md."""
        pack(path, {**sources(trained), "weights.safetensors": weights(trained)})
        return ()

    def place(self, path: Path, trained: Trained) -> Path:
        """A zip; or a folder of this name, if that does not end in .zip and there is nothing else in it."""
        others = path.is_dir() and any(path.iterdir()) and not (path / "model.py").is_file()
        return (path / file_name(trained, self.suffix) if others else path).resolve()

    def settle(self, made: Path, place: Path) -> int:
        """A zip stays one; for a folder, its files are taken out."""
        if place.suffix == ".zip":
            return super().settle(made, place)
        place.mkdir(exist_ok=True)
        with zipfile.ZipFile(made) as archive:
            return sum((place / name).write_bytes(archive.read(name)) for name in archive.namelist())


def pack(path: Path, files: Mapping[str, bytes]) -> None:
    """Files as a zip; texts are compressed, weights are not, for they hardly shrink."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, so that the same run always gives the same zip
            entry.external_attr = 0o644 << 16
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(".safetensors") else zipfile.ZIP_DEFLATED
            )
            archive.writestr(entry, content)


def sources(trained: Trained) -> dict[str, bytes]:
    """The Python file, and a README that says how to use it."""
    return {"model.py": model_file(trained).encode(), "README.md": _readme(trained).encode()}


def model_file(trained: Trained) -> str:
    """The text of model.py. What people named appears in it only as literals that `repr` wrote."""
    from builder import source
    from engines.exports import script
    from engines.tasks import probabilities

    texts = [
        source(trained.graph),
        _constants(trained),
        _pasted(script.read_weights),
        _pasted(script.loaded),
        _LOAD,
    ]
    if trained.reads_rows and trained.preprocessing:
        regression = trained.preprocessing.task == "regression"
        texts += [trained.preprocessing.source(), _pasted(probabilities)]
        texts += [_VALUES] if regression else [_pasted(script.answer_of), _CLASSES]
        texts += [_ROWS, _pasted(script.read_rows), _MAIN_ROWS]
    else:
        texts += [_TENSORS, _MAIN_TENSORS]
    parts = [_parted(text) for text in texts]
    body = "\n\n\n".join(text for _, text in parts)
    imports = {line for lines, _ in parts for line in lines} | set(_STANDARD)
    used = sorted(
        (line for line in imports if _reads(body, line)), key=lambda line: (line.startswith("from"), line)
    )
    blocks = [[line for line in used if ("torch" in line) is ours] for ours in (False, True)]
    head = [_HEAD.format(usage=_usage(trained)).rstrip(), *("\n".join(block) for block in blocks)]
    return "\n\n".join(head) + "\n\n\n" + body + "\n"


def _pasted(function: Callable[..., object]) -> str:
    """The text of a function, without the remarks to our own tools."""
    return re.sub(r"  # fmt: skip$", "", inspect.getsource(function), flags=re.MULTILINE)


def _constants(trained: Trained) -> str:
    values: dict[str, object] = {"NAME": trained.project.name}
    if not trained.reads_rows:
        kinds = {id: spec.dtype for id, spec in trained.inputs.items()}
        values |= {"INPUTS": kinds, "OUTPUTS": tuple(trained.outputs)}
    lines = [f"{name} = {value!r}" for name, value in values.items()]
    return "\n".join(
        ["from torch import Tensor", "", *lines, *(["Task = str"] if trained.reads_rows else [])]
    )


def _parted(text: str) -> tuple[list[str], str]:
    """A text's imports, one a line, and what follows them."""
    tree = ast.parse(text)
    rest = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    if tree.body and ast.get_docstring(tree) is not None:
        rest = rest[1:]
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    first = min(line.lineno for line in (rest[0], *getattr(rest[0], "decorator_list", ())))
    return imports, "\n".join(text.splitlines()[first - 1 :]).strip()


def _reads(body: str, line: str) -> bool:
    """Whether the body uses a name that an import brings."""
    names = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    return bool({part.strip() for part in line.split("import", 1)[1].split(",")} & names)


def _usage(trained: Trained) -> str:
    return "python model.py rows.csv" if trained.reads_rows else "python model.py inputs.json"


def _readme(trained: Trained) -> str:
    """How to use the file. The name stands in a block of code, where nothing in it is taken for Markdown."""
    lines = ["# A network made with Strata", "", f"    {' '.join(trained.project.name.split())}", "",
             "`model.py` holds the network, its preprocessing and a script; `weights.safetensors` its weights.",
             "It needs Python 3.11 and torch (`pip install torch`), and nothing of Strata.", ""]  # fmt: skip
    if trained.reads_rows and trained.preprocessing:
        example = json.dumps([trained.preprocessing.example()], ensure_ascii=False)
        sides = " × ".join(map(str, trained.preprocessing.input_shape))
        such = "such as" if len(example) < 2000 else f"each of them nested lists of {sides} numbers."
        lines += ["    python model.py              predicts the example in the file",
                  "    python model.py rows.csv     predicts every row of a table",
                  "    python model.py rows.json    predicts a list of rows", "",
                  f"A list of rows is JSON, {such}", ""]  # fmt: skip
        lines += [f"    {example}", ""] if len(example) < 2000 else []
    else:
        lines += ["    python model.py inputs.json", "", "where the file holds a list of examples for each input:", "",
                  f"    {json.dumps({id: ['…'] for id in trained.inputs}, ensure_ascii=False)}", ""]  # fmt: skip
    return "\n".join(lines)
