"""Checkpoints: whole or refused. The numbers are those of the faults that we plan for."""

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import builder
import engines
from builder.errors import BadFile, StrataError
from engines.runs import Run, disk, exact
from engines.runs.checkpoint import Checkpoints
from engines.runs.tree import put_together, take_apart
from engines.update import Update
from tests.tiny import project

TREE = {"step": 7, "weights": {"a": torch.arange(6.0).reshape(2, 3), "empty": torch.zeros(0)}}


def same(a: Any, b: Any) -> bool:
    """Equal to the bit, in type and content."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints")


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
trees = st.recursive(
    plain | st.builds(lambda n: torch.arange(n) / 3, st.integers(0, 4)),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=4).filter(lambda key: "/" not in key) | st.integers(0, 5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(trees)
def test_trees_are_put_together_as_they_were(tree: Any) -> None:
    assert same(put_together(*take_apart(tree)), tree)


def test_what_cannot_be_kept_is_refused_with_its_place() -> None:
    with pytest.raises(TypeError, match="a set .* state/seen"):
        take_apart({"state": {"seen": {1}}})


def test_the_newest_two_are_kept(checkpoints: Checkpoints) -> None:
    for step in range(5):
        checkpoints.save({"step": step})
    assert checkpoints.numbers() == [4, 5]
    assert checkpoints.load() == ({"step": 4}, [])


def test_tensors_that_share_memory_are_kept_apart(checkpoints: Checkpoints) -> None:
    base = torch.arange(4.0)
    tree = {"a": base, "b": base, "view": base[1:3], "turned": base.reshape(2, 2).T}
    checkpoints.save(tree)
    assert same(checkpoints.load()[0], tree)


def test_6_a_fault_at_any_call_leaves_the_old_or_the_new(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write, fsync and rename of a checkpoint fails in turn, as if the process had died there."""
    checkpoints.save({"step": 0, "weights": torch.zeros(3)})
    seen = set()
    for fatal in range(20):
        countdown = iter([*[False] * fatal, True, *[False] * 20])

        def dying(real: Any, countdown: Iterator[bool] = countdown) -> Any:
            def call(*arguments: Any) -> Any:
                if next(countdown):
                    raise OSError("the process dies here")
                return real(*arguments)

            return call

        with monkeypatch.context() as patch:
            patch.setattr(disk.os, "replace", dying(os.replace))
            patch.setattr(disk.os, "fsync", dying(os.fsync))
            try:
                checkpoints.save({"step": fatal + 1, "weights": torch.full((3,), fatal + 1.0)})
            except OSError:
                pass
            else:
                break
        tree, refused = checkpoints.load()
        assert not refused and torch.equal(tree["weights"], torch.full((3,), float(tree["step"])))
        seen.add(tree["step"] == fatal + 1)
    assert fatal == 6 and seen == {False, True}
    assert not list(checkpoints.folder.glob(".*.tmp"))


def test_7_every_damage_is_refused_and_the_previous_one_used(checkpoints: Checkpoints) -> None:
    """Bits flipped and ends cut off at random places, in either file."""
    for step in (1, 2):
        checkpoints.save({"step": step, "weights": torch.full((64,), float(step))})
    draw = random.Random(0)
    for kind in ("safetensors", "json"):
        path = checkpoints.folder / f"000002.{kind}"
        whole = path.read_bytes()
        for _ in range(200):
            place = draw.randrange(len(whole))
            mutant = bytearray(whole)
            mutant[place] ^= 1 << draw.randrange(8)
            path.write_bytes(whole[:place] if draw.random() < 0.3 else mutant)
            tree, refused = checkpoints.load()
            assert tree["step"] == 1 and len(refused) == 1 and "Checkpoint 2 is damaged" in refused[0]
        path.write_bytes(whole)
    assert checkpoints.load()[0]["step"] == 2


def test_7_json_that_nests_without_end_is_damage_too(checkpoints: Checkpoints) -> None:
    for step in (1, 2):
        checkpoints.save({"step": step})
    (checkpoints.folder / "000002.json").write_text('{"checksum": "", "tree": ' + "[" * 100_000)
    tree, refused = checkpoints.load()
    assert tree == {"step": 1} and "Checkpoint 2 is damaged: it cannot be read" in refused[0]


def test_7_damaged_ones_do_not_push_out_good_ones(checkpoints: Checkpoints) -> None:
    for step in (1, 2):
        checkpoints.save({"step": step})
    (checkpoints.folder / "000002.safetensors").write_bytes(b"")
    checkpoints.discard_damaged()
    assert checkpoints.numbers() == [1]
    checkpoints.save({"step": 3})
    assert checkpoints.load() == ({"step": 3}, [])


def test_23_a_newer_format_is_refused_by_name(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("engines.runs.checkpoint.FORMAT", 99)
        checkpoints.save({"step": 1})
    tree, refused = checkpoints.load()
    assert tree is None and "newer version of Strata (format 99" in refused[0]


def test_52_safetensors_with_a_huge_header_or_overlaps_are_refused(checkpoints: Checkpoints) -> None:
    checkpoints.save({"weights": torch.ones(4)})
    path = checkpoints.folder / "000001.safetensors"
    header = (
        b'{"weights":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},'
        b'"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}'
    )
    for data in (
        (2**63).to_bytes(8, "little") + b"{}",
        len(header).to_bytes(8, "little") + header + bytes(24),
    ):
        path.write_bytes(data)
        assert checkpoints.load()[0] is None


def test_random_states_return(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    def draw() -> tuple[float, ...]:
        return (torch.rand(()).item(), random.gauss(0, 1), float(np.random.standard_normal()))

    random.gauss(0, 1), np.random.standard_normal()  # both keep half of a pair for later
    state = put_together(*take_apart(exact.capture()))
    expected = draw()
    draw()
    exact.restore(state)
    assert draw() == expected


def test_exact_leaves_no_trace() -> None:
    threads, before = torch.get_num_threads(), torch.get_rng_state()
    with exact.exact(3):
        assert torch.are_deterministic_algorithms_enabled() and torch.get_num_threads() == 1
        first = torch.rand(())
    with exact.exact(3):
        assert torch.equal(torch.rand(()), first)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), before)
    assert math.isfinite(first)


@pytest.mark.parametrize(("before", "after"), [("SGD", "Adam"), ("Adam", "SGD"), ("Adam", "AdamW")])
@pytest.mark.parametrize("told", [True, False], ids=["told", "of old"])
def test_another_optimiser_cannot_go_on_with_a_checkpoint(
    before: str, after: str, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tmp_path / "run", project(100_000, optimiser={"kind": before}))
    if not told:  # checkpoints did not always say which optimiser made them
        capture = Update.capture
        monkeypatch.setattr(
            Update, "capture", lambda self: {k: v for k, v in capture(self).items() if k != "kind"}
        )
    engines.resume(run.folder, watch=lambda status: status.step > 3 and run.send("stop"))
    assert run.status().state == "stopped"
    builder.save(project(100_000, optimiser={"kind": after}), run.folder / "project.json")
    if not told and after == "AdamW":
        return  # its settings have the same names, and so it goes on
    with pytest.raises(StrataError, match=rf"project.json was changed: its optimiser is ({after}|another)"):
        engines.resume(run.folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"task": "evil"}', "\xff"])
def test_a_damaged_preprocessing_is_told(text: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project())
    assert run.preprocessing() is None, "it was never started"
    (run.folder / "preprocessing.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadFile, match="its preprocessing.json cannot be read"):
        run.preprocessing()
