"""What a network answers for rows that people type or upload."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from builder import template
from builder.errors import BadFile, BadValue, StrataError
from builder.project import Project
from engines import train
from engines.data import store_csv
from engines.data.data import Data, prepare
from engines.data.preprocessing import Preprocessing
from engines.data.table import uploads
from engines.predict import MOST_ROWS, predict
from engines.rows import csv_rows, picture
from engines.trained import Trained
from engines.workspace import Workspace
from tests.graphs import chain


def fresh(name: str) -> Trained:
    """A template's network before training, with its data."""
    project = template(name)
    splits = prepare(Data.parse(project.data))
    return Trained(
        project, Trained.untrained(project).module, preprocessing=splits.preprocessing, splits=splits
    )


@pytest.fixture(scope="module")
def iris() -> Trained:
    return fresh("iris-mlp")


@pytest.fixture(scope="module")
def digits() -> Trained:
    return fresh("digits-cnn")


def test_classes_come_with_probabilities_the_likeliest_first(iris: Trained) -> None:
    assert iris.splits is not None
    told = predict(iris, iris.rows(20))
    expected = iris.answers((iris.splits.test.inputs[:20],))[0].softmax(1)
    for one, row in zip(told, expected, strict=True):
        assert one.task == "classification"
        assert dict(one.chances) == dict(zip(iris.splits.classes, row.tolist(), strict=True))
        chances = [chance for _, chance in one.chances]
        assert chances == sorted(chances, reverse=True) and sum(chances) == pytest.approx(1)
        assert one.labels == (iris.splits.classes[int(row.argmax())],)
        assert str(one) == f"{one.labels[0]} ({chances[0]:.1%})"


def test_a_row_may_be_typed(iris: Trained) -> None:
    """A dict of texts or of numbers, alone or in a list; or the cells in order."""
    assert iris.preprocessing is not None
    usual = iris.preprocessing.example()
    typed = {name: f" {value} " for name, value in usual.items()}
    expected = predict(iris, usual)
    assert len(expected) == 1
    assert expected == predict(iris, [usual]) == predict(iris, [list(usual.values())])
    assert expected == predict(iris, csv_rows(_csv([typed]))) == predict(iris, csv_rows(_csv([usual])))


def test_regression_answers_in_its_own_units() -> None:
    diabetes = fresh("diabetes-mlp")
    assert diabetes.splits is not None
    told = predict(diabetes, diabetes.rows(5))
    outputs = diabetes.answers((diabetes.splits.test.inputs[:5],))[0]
    assert [one.values[0][1] for one in told] == pytest.approx(
        diabetes.splits.decode(outputs)[:, 0].tolist(), rel=1e-5
    )
    name, value = told[0].values[0]
    assert 20 < value < 400 and str(told[0]) == f"{name} {value:.4g}" and not told[0].chances


def test_several_labels_are_those_more_probable_than_not() -> None:
    fitted = Preprocessing.model_validate({
        "task": "multi-label", "classes": ["cat", "dog", "owl"], "inputs": {"kind": "arrays", "shape": [2]},
    })  # fmt: skip
    trained = Trained.untrained(Project(graphs={"model": chain(("Linear", {"units": 3}), shape=(2,))}))
    with torch.no_grad():
        trained.module.get_parameter("linear1.weight").zero_()
        trained.module.get_parameter("linear1.bias").copy_(torch.tensor([1.0, -1.0, 2.0]))
    told = predict(Trained(trained.project, trained.module, preprocessing=fitted), [[1, 2], [3, 4]])
    assert [one.labels for one in told] == [("owl", "cat")] * 2 and str(told[0]) == "owl, cat"


@pytest.mark.parametrize("form", ["rows", "pixels", "channel", "flat", "several", "array"])
def test_a_digit_may_be_given_as_lists(form: str, digits: Trained) -> None:
    """8 × 8, 1 × 8 × 8, or 64 numbers, one or several of them."""
    image = digits.rows(1)[0]
    forms: dict[str, Any] = {
        "rows": [image], "channel": image, "pixels": image[0], "flat": [np.ravel(image).tolist()],
        "several": [image[0]], "array": np.array(image),
    }  # fmt: skip
    assert predict(digits, forms[form]) == predict(digits, digits.rows(1))


BAD: list[tuple[Any, str]] = [
    ([], "list of 1 to"), ("setosa", "list of 1 to"), (None, "list of 1 to"), (7, "list of 1 to"),
    ({}, "absent"), ({"sepal length (cm)": 1}, "absent"),
    ([[1, 2, 3]], "must be numbers of shape"), ([["a", "b", "c", "d"]], "Inputs"),
    ([[1, 2, 3, float("nan")]], "missing, infinite"), ([[1, 2, 3, 1e300]], "too large"), ([[1, 2], [3]], "Inputs"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "reason"), BAD)
def test_bad_rows_are_refused_with_the_reason(rows: Any, reason: str, iris: Trained) -> None:
    with pytest.raises(BadValue, match=reason):
        predict(iris, rows)


def test_too_many_rows_are_refused(iris: Trained) -> None:
    with pytest.raises(BadValue, match="large files in parts"):
        predict(iris, [[0, 0, 0, 0]] * (MOST_ROWS + 1))


def test_a_network_that_cannot_predict_says_why(iris: Trained) -> None:
    with pytest.raises(StrataError, match="nothing is known of its data"):
        predict(Trained.untrained(iris.project), [[1, 2, 3, 4]])
    wide = Trained.untrained(Project(graphs={"model": chain(("Linear", {"units": 7}), shape=(4,))}))
    with pytest.raises(StrataError, match="gives 7 numbers .* 3 classes"):
        predict(Trained(wide.project, wide.module, preprocessing=iris.preprocessing), [[1, 2, 3, 4]])
    broken = Trained.untrained(iris.project)
    for weight in broken.module.parameters():
        torch.nn.init.constant_(weight, float("nan"))
    with pytest.raises(StrataError, match="no number"):
        predict(Trained(broken.project, broken.module, preprocessing=iris.preprocessing), [[1, 2, 3, 4]])


def test_a_network_answers_though_its_data_are_gone(workspace: Path, tmp_path: Path) -> None:
    """What was fitted on the training part lies in the run."""
    home = Workspace()
    table = b"size,kind\n" + b"".join(b"%d,%s\n" % (n, b"small" if n < 20 else b"large") for n in range(40))
    name = store_csv(table, "sizes.csv", home.uploads)
    data = {"source": {"kind": "Csv", "file": name, "target": ["kind"]}}
    graph = chain(("Linear", {"units": 2}), shape=(1,))
    engine = {"kind": "Supervised", "epochs": 60, "optimiser": {"kind": "Adam", "lr": 0.1}}
    run = train(Project(graphs={"model": graph}, data=data, engine=engine), tmp_path / "run")
    (home.uploads / name).unlink()
    prepare.cache_clear()
    uploads._read.cache_clear()
    trained = Trained.of(run)
    assert "cannot be read any more" in " ".join(trained.notes)
    answers = [predict(trained, {"size": size})[0].labels for size in (2, 38)]
    assert answers == [("small",), ("large",)]


def _csv(rows: list[dict[str, Any]]) -> bytes:
    lines = [rows[0], *(row.values() for row in rows)]
    return "\n".join(",".join(map(str, line)) for line in lines).encode()


BAD_CSV: list[tuple[bytes, str]] = [
    (b"", "no rows"), (b"a,b\n", "no rows"), (b"a,b\n1\n", "Line 2 has 1 cells"), (b"a,a\n1,2\n", "Two columns"),
    (b"a,b\n1,\0\n", "NUL"), (b'a,b\n1,"2\n', "quote"), (b"PK\x03\x04", "spreadsheet"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), BAD_CSV)
def test_bad_tables_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadFile, match=reason):
        csv_rows(data)


def test_tables_are_read_as_text() -> None:
    assert csv_rows("\ufeffname;n\nÄ;007\n\n\"x;y\";1,5\n".encode()) == [
        {"name": "Ä", "n": "007"}, {"name": "x;y", "n": "1,5"},
    ]  # fmt: skip


def drawn(mode: str, ground: Any, ink: Any, size: tuple[int, int] = (80, 80), **options: Any) -> bytes:
    """A picture of a 1, as people draw them."""
    image = Image.new(mode, size, ground)
    image.paste(ink, (size[0] * 4 // 10, size[1] // 8, size[0] * 6 // 10, size[1] * 7 // 8))
    target = io.BytesIO()
    image.save(target, options.pop("format", "PNG"), **options)
    return target.getvalue()


def test_a_drawing_becomes_what_the_network_was_trained_on(digits: Trained) -> None:
    """Dark ink on white paper is swapped, for the training digits are light on a dark ground; all of it is told."""
    dark, light = (picture(drawn("L", *colours), digits) for colours in ((255, 0), (0, 255)))
    assert dark.pixels.shape == (1, 8, 8) and dark.pixels.dtype == np.float32
    assert dark.pixels.min() == 0 and 0.7 < dark.pixels.max() <= 1
    np.testing.assert_allclose(dark.pixels, light.pixels, atol=1e-6)
    assert any("swapped" in one for one in dark.told) and not any("swapped" in one for one in light.told)
    assert "resized from 80 × 80 to 8 × 8 pixels" in dark.told
    assert len(predict(digits, [dark.pixels])) == 1


PICTURES: dict[str, tuple[bytes, str]] = {
    "colour": (drawn("RGB", (255, 255, 255), (0, 0, 0)), "turned to grey"),
    "transparent": (drawn("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)), "laid on white"),
    "palette": (drawn("P", 0, 1), "turned to grey"),
    "CMYK": (drawn("CMYK", (0, 0, 0, 0), (0, 0, 0, 255), format="JPEG"), "turned to grey"),
    "16 bits": (drawn("I;16", 65535, 0), "from 16 to 8 bits"),
    "wide": (drawn("L", 255, 0, (200, 50)), "resized from 200 × 50"),
    "tiny": (drawn("L", 255, 0, (10, 4)), "resized from 10 × 4"),
    "animated": (
        drawn("P", 0, 1, format="GIF", save_all=True, append_images=[Image.new("P", (80, 80), 1)]), "first frame",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_all_kinds_are_read_and_what_was_done_is_told(name: str, digits: Trained) -> None:
    """Robustness 41."""
    data, told = PICTURES[name]
    found = picture(data, digits)
    assert found.pixels.shape == (1, 8, 8) and any(told in one for one in found.told), found.told
    assert 0 <= found.pixels.min() <= found.pixels.max() <= 1


def test_what_is_no_picture_is_refused(digits: Trained, iris: Trained) -> None:
    """Robustness 41, 47: damaged, not a picture, or of 20,000 × 20,000 pixels, as its header says."""
    whole = drawn("L", 255, 0)
    for data in (b"", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", whole[:60], whole[:-30]):
        with pytest.raises(BadFile, match=r"no picture|damaged"):
            picture(data, digits)
    for side, told in ((20_000, "far too many pixels"), (8_000, "64,000,000 pixels")):
        with pytest.raises(BadFile, match=told):
            picture(_of_size(side), digits)
    with pytest.raises(BadFile, match="larger than"):
        picture(b"\0" * (21 * 2**20), digits)
    with pytest.raises(StrataError, match="takes no pictures: an example is 4"):
        picture(whole, iris)


def _of_size(side: int) -> bytes:
    """A PNG that says it has so many pixels a side."""
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = (
        struct.pack(">I", len(header)) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    )
    data = zlib.compress(b"\0" * 1000)
    rest = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return b"\x89PNG\r\n\x1a\n" + chunk + rest + b"\0\0\0\0IEND\xaeB`\x82"


def test_predictions_are_plain_values(iris: Trained) -> None:
    """They go into tables and JSON as they are."""
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(predict(iris, [[5, 3, 1, 0.2]])[0])))["task"] == "classification"
