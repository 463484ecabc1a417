"""Asking a trained network: take a test example, type a row, draw a picture, or upload a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from builder.errors import StrataError
from engines.runs.run import Run
from pages.parts.chart import chart
from pages.parts.inspecting.subject import truth
from pages.parts.loaded import loaded
from pages.parts.pixels import pixel_pad
from pages.parts.words import figure, plain
from pages.views.examples import montage, probabilities

if TYPE_CHECKING:
    from engines.predict import Prediction
    from engines.trained import Trained

MOST_FIELDS = 60
PAD = 32
"""The longest side of a picture that can be drawn pixel by pixel."""


def predict_panel(run: Run, at: int | None = None) -> None:
    """The ways to ask, and the answer; of the network as it was at a snapshot, if one is named."""
    try:
        trained = loaded(run, at)
    except StrataError as error:
        st.error(plain(error), icon=":material/error:")
        return
    for note in trained.notes:
        st.caption(f":material/info: {plain(note)}")
    if trained.preprocessing is None or not trained.reads_rows:
        st.info(
            "This network reads several inputs, or its data are not at hand; it can be exported all the same.",
            icon=":material/info:",
        )
        return
    shape = trained.preprocessing.input_shape
    image = len(shape) == 3
    ways = {
        "example": "A test example",
        "row": "Draw" if image else "Type a row",
        "picture": "Upload a picture",
        "table": "Upload a table",
    }
    drawable = image and shape[0] == 1 and max(shape) <= PAD
    offered = [way for way in ways if way != "row" or drawable or not image]
    offered = [way for way in offered if way != ("table" if image else "picture")]
    way = st.segmented_control(
        "Ask with",
        offered,
        default=offered[0],
        format_func=ways.__getitem__,
        required=True,
        key=f"way {run.id}",
    )
    asks = {"example": _example, "row": _drawing if image else _row, "picture": _picture, "table": _table}
    asks[str(way)](run, trained)


def _answered(trained: Trained, rows: Any) -> list[Prediction]:
    """What the network answers; [] after an explanation if it cannot."""
    from engines.predict import predict

    try:
        return predict(trained, rows)
    except StrataError as error:
        for problem in getattr(error, "problems", [error]):
            st.error(plain(problem), icon=":material/error:")
        return []


def _show(answer: Prediction, truth: str = "") -> None:
    """One answer, in words and as a chart; beside the truth where it is known."""
    if answer.task == "regression":
        grid = st.grid(3, min_column_width=160)
        for name, value in answer.values:
            grid.metric(plain(name), figure(value), border=True)
        if truth:
            st.caption(f"In the data: {plain(truth)}")
        return
    said = ", ".join(answer.labels) or "none of them"
    right = truth == said
    st.markdown(f"### {plain(said)}")
    if truth:
        st.badge(
            "right" if right else f"wrong: it is {plain(truth)}",
            icon=":material/check:" if right else ":material/close:",
            color="green" if right else "red",
        )
    names, chances = [name for name, _ in answer.chances], [chance for _, chance in answer.chances]
    told = ", ".join(f"{name} {chance:.0%}" for name, chance in answer.chances[:5])
    chart(probabilities, names, chances, key="probabilities", alt=f"Probabilities: {told}")


def _example(run: Run, trained: Trained) -> None:
    """One of the test part, which the network has never seen."""
    splits = trained.splits
    if splits is None or not len(splits.test):
        st.info("There are no test examples at hand.", icon=":material/info:")
        return
    left, right = st.columns([1, 2], gap="medium")
    count = len(splits.test)
    with left:
        number = st.number_input(f"Example, 1 to {count:,}", 1, count, 1, key=f"example {run.id}")
        raw = splits.raw("test")[number - 1 : number]
        targets = splits.raw_targets("test")[number - 1]
        if isinstance(raw, np.ndarray) and raw.ndim == 4:
            st.image(montage(raw, 1, 240), width=240, alt=f"Test example {number}")
        elif isinstance(raw, np.ndarray):
            names = splits.examples.columns or tuple(f"feature {place + 1}" for place in range(raw[0].size))
            st.dataframe(
                [{"column": n, "value": float(v)} for n, v in zip(names, raw[0].ravel(), strict=False)],
                hide_index=True,
            )
        else:
            st.dataframe([{"column": n, "value": str(v)} for n, v in raw.iloc[0].items()], hide_index=True)
    with right:
        rows = raw if isinstance(raw, np.ndarray) else raw.to_dict("records")
        for answer in _answered(trained, rows):
            _show(answer, truth(splits, targets))


def _drawing(run: Run, trained: Trained) -> None:
    """A picture drawn pixel by pixel."""
    assert trained.preprocessing is not None
    _, height, width = trained.preprocessing.input_shape
    left, right = st.columns([1, 2], gap="medium")
    with left:
        pixels = pixel_pad(height, width, key=f"pad {run.id}")
    with right:
        if not any(map(any, pixels)):
            st.caption("Draw on the left: the answer changes with every stroke.")
            return
        for answer in _answered(trained, np.asarray(pixels, np.float32)[None, None]):
            _show(answer)


def _picture(run: Run, trained: Trained) -> None:
    """A picture from a file, made to fit."""
    from engines.rows import picture

    left, right = st.columns([1, 2], gap="medium")
    file = left.file_uploader(
        "Picture",
        type=["png", "jpg", "jpeg", "gif", "bmp", "webp"],
        key=f"picture {run.id}",
        max_upload_size=20,
        help="It is brought to the size and colours of the images that the network was trained on",
    )
    if file is None:
        right.caption("A photograph or a scan of one object, large in the picture, works best.")
        return
    try:
        given = picture(file.getvalue(), trained)
    except StrataError as error:
        st.error(plain(error), icon=":material/error:")
        return
    with left:
        st.image(montage(given.pixels[None], 1, 240), width=240, alt="The picture as the network sees it")
        st.caption(plain(f"{file.name}: {'; '.join(given.told)}."))
    with right:
        for answer in _answered(trained, given.pixels[None]):
            _show(answer)


def _row(run: Run, trained: Trained) -> None:
    """A form with a field for each column, which begins with a usual row."""
    assert trained.preprocessing is not None
    usual = trained.preprocessing.example()
    named = isinstance(usual, dict)
    cells = (
        usual
        if named
        else {f"feature {place + 1}": value for place, value in enumerate(np.ravel(usual).tolist())}
    )
    if len(cells) > MOST_FIELDS:
        st.info(f"A row has {len(cells)} cells, too many to type. Upload a table.", icon=":material/info:")
        return
    choices = {
        column.name: column.values
        for column in getattr(trained.preprocessing.inputs, "columns", ())
        if column.kind == "category"
    }
    left, right = st.columns(2, gap="medium")
    row: dict[str, Any] = {}
    with left:
        grid = st.grid(2, min_column_width=150)
        for name, value in cells.items():
            with grid:
                row[name] = _cell(f"cell {run.id} {name}", name, value, choices.get(name))
    with right:
        for answer in _answered(trained, [row] if named else [[*row.values()]]):
            _show(answer)


def _cell(key: str, name: str, value: Any, choices: Any) -> Any:
    if choices:
        return st.selectbox(plain(name), choices, key=key)
    if isinstance(value, bool):
        return st.toggle(plain(name), value, key=key)
    if isinstance(value, int | float):
        return st.number_input(
            plain(name), value=float(value), key=key, format="%g", step=abs(float(value)) / 10 or 0.1
        )
    return st.text_input(plain(name), str(value), key=key)


def _table(run: Run, trained: Trained) -> None:
    """Every row of a CSV file."""
    file = st.file_uploader(
        "CSV file",
        type=["csv", "tsv", "txt"],
        key=f"rows {run.id}",
        max_upload_size=50,
        help="The first row names the columns; the column to predict may be absent",
    )
    if file is None:
        assert trained.preprocessing is not None
        names = [
            row["column"]
            for row in trained.preprocessing.describe()
            if row["type"] not in ("target", "left out")
        ]
        st.caption(plain(f"It needs these columns: {', '.join(names)}."))
        return
    from engines.rows import csv_rows

    try:
        rows = csv_rows(file.getvalue())
    except StrataError as error:
        st.error(plain(error), icon=":material/error:")
        return
    answers = _answered(trained, rows)
    if answers:
        _answers_table(rows, answers)


def _answers_table(rows: list[dict[str, str]], answers: list[Prediction]) -> None:
    import pandas as pd

    from engines.data import write_csv

    told = []
    for answer in answers:
        if answer.task == "regression":
            told.append({f"predicted {name}": value for name, value in answer.values})
        else:
            first = answer.chances[0][1] if answer.task == "classification" else None
            told.append(
                {
                    "predicted": ", ".join(answer.labels),
                    **({"probability": first} if first is not None else {}),
                }
            )
    frame = pd.concat([pd.DataFrame(told), pd.DataFrame(rows)], axis=1)
    st.dataframe(frame.head(1000), hide_index=True, height=380, alt="The rows with their predictions")
    st.download_button(
        f"Download {len(frame):,} predictions",
        write_csv(frame),
        "predictions.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
