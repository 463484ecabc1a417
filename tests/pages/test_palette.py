"""What is typed into the palette finds the layer that is meant first."""

import base64

import pytest
from playwright.sync_api import Page

from pages.parts.documents.kinds import kinds
from tests.server import ROOT

FINDING = ROOT / "builder/canvas/frontend/src/finding.js"
FIRST = {
    "attention": ["MultiheadAttention", "ScaledDotProductAttention", "AdditiveAttention"],
    "mean": ["Average", "Reduce", "AvgPool2d"], "residual": ["Add"], "dense": ["Linear"], "fc": ["Linear"],
    "positional": ["SinusoidalPositions", "LearnedPositions", "RotaryPositions"],
    "conv": ["Conv2d", "Conv1d", "Conv3d"], "tile": ["Repeat"], "drop out": ["Dropout"],
    "transposed": ["ConvTranspose2d"], "norm": ["Normalize", "BatchNorm2d"], "LSTM": ["LSTM"],
}  # fmt: skip
"""Names before other names before help."""
FITTING = {"/Permute": "Permute", "/permute": "Permute", "/Input": "Input", "/so": "Softmax"}
"""Where only ChannelShuffle, ShiftRight and Softmax may follow: a whole name is meant; words find what fits."""


@pytest.fixture
def typed(page: Page) -> "dict[str, list[str]]":
    """What each query finds, by the very file of the canvas: it needs nothing around it."""
    source = base64.b64encode(FINDING.read_bytes()).decode()
    found: dict[str, list[str]] = page.evaluate(
        """async ([source, told, queries]) => {
            const { choices, found } = await import(`data:text/javascript;base64,${source}`)
            const all = choices(told)
            const fits = ['ChannelShuffle', 'ShiftRight', 'Softmax']
            const titles = (query, hints) => found(query, all, hints).map((hit) => hit.title)
            return Object.fromEntries(queries.map((one) =>
                [one, one.startsWith('/') ? titles(one.slice(1), { fits }) : titles(one)]))
        }""",
        [source, kinds(), [*FIRST, *FITTING, "1x1", "nonsenses", ""]],
    )
    return found


def test_the_layer_that_is_meant_comes_first(typed: dict[str, list[str]]) -> None:
    assert {query: typed[query][: len(first)] for query, first in FIRST.items()} == FIRST


def test_a_whole_name_is_meant_also_where_it_does_not_fit_yet(typed: dict[str, list[str]]) -> None:
    assert {query: typed[query][0] for query in FITTING} == FITTING


def test_what_only_sounds_alike_is_left_out(typed: dict[str, list[str]]) -> None:
    assert typed["1x1"] == ["Conv2d"] and typed["nonsenses"] == [] and len(typed[""]) > 100
