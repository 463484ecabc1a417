"""What the README promises, and the settings with which the app is served."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def code(language: str) -> list[str]:
    """The code blocks of the README in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_continuous_integration_runs_the_readme_s_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    (command,) = [block.strip() for block in code("sh") if block.strip().endswith("-m tests")]
    assert script.rstrip().splitlines()[-1] == command, "pytest's closing line is the last that is printed"


def test_the_commands_of_the_readme_exist() -> None:
    lines = [
        line for block in code("sh") for line in block.splitlines() if line.startswith(".venv/bin/python -m ")
    ]
    assert len(lines) >= 7
    packages = {shlex.split(line)[2] for line in lines}
    assert not [name for name in packages if not (ROOT / name.replace(".", "/") / "__main__.py").exists()]


def test_the_files_of_the_readme_exist() -> None:
    named = re.findall(r'(?:\]\(|src="|`)((?:assets|tests|builder|engines|\.ci)/[\w./-]*)', README)
    assert named and not [path for path in named if not (ROOT / path).exists()]


def test_the_layer_of_the_readme_is_a_layer() -> None:
    import torch

    from builder.layer import Layer, call

    (source,) = [block for block in code("python") if "(Layer)" in block]
    space: dict[str, Any] = {"__name__": "readme"}
    try:
        exec(compile(source, "README.md", "exec"), space)
        shrink = Layer.parse({"kind": "Shrink", "threshold": 1})
        assert shrink.module((2, 8)) == call("nn.Softshrink", 1.0)
        assert shrink.module((2, 8)).build()(torch.tensor([0.5, 3.0])).tolist() == [0, 2]
    finally:
        Layer.registry.pop("Shrink", None)
    body = source[source.index("class ") :].strip().splitlines()
    assert len([line for line in body if line.strip()]) <= 12


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = [block for block in code("python") if "import builder" in block]
    exec(compile(source, "README.md", "exec"), {})
    assert capsys.readouterr().out == "61706\n"


def test_the_server_is_for_this_machine_alone() -> None:
    server = CONFIG["server"]
    assert server["address"] == "127.0.0.1"
    assert set(server["allowedHosts"]) <= {"localhost", "127.0.0.1"}
    assert server["enableCORS"] and server["enableXsrfProtection"]
    assert not CONFIG["browser"]["gatherUsageStats"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme: str) -> None:
    """WCAG 2.2: 7 to 1 for text (AAA), 4.5 to 1 for links (AA), 3 to 1 for controls."""
    colours = CONFIG["theme"][theme]
    for ground in (colours, colours | colours["sidebar"]):
        for surface in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(colours["textColor"], ground[surface]) >= 7
            assert contrast(colours["linkColor"], ground[surface]) >= 4.5
            assert contrast(colours["primaryColor"], ground[surface]) >= 3


def contrast(one: str, other: str) -> float:
    """The ratio of the luminances of two colours, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB", from 0 to 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
