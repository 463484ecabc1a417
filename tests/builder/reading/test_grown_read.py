"""Random graphs of all kinds, read from the code that they become: equal, or what is missing is told."""

from random import Random

import pytest
import torch

import builder
from builder.errors import BadFile
from tests.graphs import data
from tests.growing import EVERY, grown

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_grown_graph_comes_back_or_says_what_is_missing(seed: int) -> None:
    graph = grown(Random(seed).choice(EVERY), seed, 6)
    torch.manual_seed(seed)
    try:
        reading = builder.read(builder.compile(graph), data(graph))
    except BadFile as error:  # nothing in it depends on what it is given
        assert "Nothing that comes out depends on what goes in." in str(error)
        return
    assert reading.unknown or reading.difference is not None, reading.report()
    assert not reading.wrong, reading.report()
