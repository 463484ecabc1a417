"""How strong connections are: by hand."""

import pytest

from engines.strengths import strengths

LAYERS = {
    "wide": {"weight": 10.0, "gradient": 1.0},
    "thin": {"weight": 2.0, "gradient": None},
    "none": {"mean": 0.1},
}


def test_strengths_are_root_mean_squares_beside_the_largest() -> None:
    told = strengths(LAYERS, {"wide": 100, "thin": 1, "none": 0}, "weights")
    assert told == {"wide": (1.0, 0.5), "thin": (2.0, 1.0)}
    assert strengths(LAYERS, {"wide": 100, "thin": 1}, "gradients") == {"wide": (pytest.approx(0.1), 1.0)}
    deep = {"a": {"gradient": 1.0}, "b": {"gradient": 0.01}, "c": {"gradient": 1e-9}}
    shares = [share for _, share in strengths(deep, {"a": 1, "b": 1, "c": 1}, "gradients").values()]
    assert shares == pytest.approx([1, 0.5, 0]), "gradients shrink by decades"
    assert strengths({}, {}, "weights") == {} and strengths({"a": {"weight": 0.0}}, {"a": 4}, "weights") == {
        "a": (0, 0)
    }
