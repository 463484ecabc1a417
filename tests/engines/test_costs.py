"""Costs: what loads first counts nothing, and what was held up once does not either."""

from engines.runs.costs import Costs


def test_the_least_of_the_last_counts() -> None:
    costs = Costs(free=2)
    assert [costs.count(one) for one in (9.0, 9.0, 0.2, 5.0, 0.1, 5.0, 5.0, 5.0)] == [
        0,
        0,
        0.2,
        0.2,
        0.1,
        0.1,
        0.1,
        5.0,
    ]
