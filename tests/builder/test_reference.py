"""The reference is derived: every kind has a whole entry, and the page in the docs is the newest."""

from pathlib import Path

import pytest

import builder
from builder.__main__ import main
from builder.around import around
from builder.handbook import handbook, page
from builder.layers import LAYERS
from builder.reference import entry, example, kinds_in, networks_with
from tests.graphs import KINDS

README = Path(__file__).resolve().parents[2] / "builder/layers/README.md"


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_whole(kind: str) -> None:
    """Every field with its type and default in words; every port with the numbers that it takes."""
    one, layer = entry(kind), LAYERS[kind]
    assert one.help and one.category and one.icon
    assert [field.name for field in one.fields] == [*layer.model_fields]
    assert all(field.type and field.default and field.description for field in one.fields)
    assert "None" not in " ".join(field.type + field.range + field.default for field in one.fields)
    needed = [port.name for port in one.inputs if not port.optional]
    assert needed == [*(layer.inputs or ([f"{layer.many}1", f"{layer.many}2"] if layer.many else ()))]
    assert set(one.other_names) == set(layer.other_names())


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_what_the_kind_does(kind: str) -> None:
    """Its shapes and costs are those of the graph around it; its statements stand in that graph's source."""
    found = example(kind)
    row = next(row for row in builder.summary(around(kind)).rows if row.node == "layer")
    assert found.gives[0] == row.shape
    assert (found.parameters, found.multiply_adds) == (row.parameters, row.multiply_adds)
    source = [line.strip() for line in builder.source(around(kind)).splitlines()]
    lines = found.source.splitlines()
    assert all(line.strip() in source for line in lines)
    assert bool(lines) == (kind not in ("Input", "Output", "Block"))


def test_the_page_in_the_docs_is_the_newest() -> None:
    told = "It is generated: run `python -m builder reference -o builder/layers/README.md`."
    assert README.read_text(encoding="utf-8") == handbook(), told


def test_types_and_ranges_are_words() -> None:
    fields = {field.name: field for field in entry("Conv2d").fields}
    assert fields["filters"].type == "whole number" and fields["filters"].range == "1 to 65,536"
    assert '"same"' in fields["padding"].type and fields["bias"].default == "yes"
    rate = next(field for field in entry("Dropout").fields if field.name == "rate")
    assert (rate.type, rate.range, rate.default) == ("number", "0 to below 1", "0.5")
    assert next(field for field in entry("ELU").fields).range == "above 0 to 10"


def test_networks_are_found_by_what_they_are_made_of() -> None:
    """Blocks are looked into, as often as they repeat: 53 convolutions of a ResNet-50."""
    assert kinds_in("resnet-50")["Conv2d"] == 53 and kinds_in("resnet-50")["Linear"] == 1
    assert kinds_in("resnet-18")["Add"] == 8 and "Block" not in kinds_in("resnet-18")
    assert "resnet-18" in networks_with("Add") and "lenet-5" not in networks_with("Add")


def test_the_command_line_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "LSTM"]) == 0
    shown = capsys.readouterr().out
    assert (
        shown == page("LSTM") and "LSTM forecaster" in shown and "nn.LSTM(8, 32, batch_first=True)" in shown
    )
    assert main(["reference", "-o", str(tmp_path / "layers.md")]) == 0
    assert (tmp_path / "layers.md").read_text(encoding="utf-8") == handbook()
    assert main(["reference", "conv2d"]) == 1
    assert "There is no layer 'conv2d'. Did you mean Conv2d?" in capsys.readouterr().err
