"""Arrays that probes keep: against closed forms and autograd, along a run, and that they change no bit."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import builder
import engines
from builder.errors import BadFile, BadValue
from builder.graph import Graph, Node
from builder.paths import placed
from builder.watch import watched
from engines.probes import Recording, Sight, all_probes, read_at
from engines.probes.histogram import BINS, histogram
from engines.probes.kinds.activations import by_unit, cropped, units
from engines.probes.kinds.gram import gram
from engines.probes.kinds.hidden import Unrolled
from engines.probes.sight import objective_of
from engines.runs.arrays import Arrays
from engines.runs.recorded import record, recorded
from engines.trained import Trained
from tests.tiny import equal, project

FAMILIES = (
    "xor-mlp iris-mlp diabetes-mlp digits-cnn digits-resnet digits-lstm digits-gru digits-rnn digits-bidirectional "
    "lstm-forecaster digits-transformer small-vit"
).split()


def untrained(name: str) -> tuple[Trained, Tensor, Tensor]:
    """A ready network as it starts, and the validation part of its data."""
    from engines.data import Data, prepare

    what = builder.template(name)
    part = prepare(Data.parse(what.data)).validation
    return Trained.untrained(what), part.inputs, part.targets


def chain(*layers: tuple[str, dict[str, Any]], shape: tuple[int, ...]) -> nn.Module:
    """Layers one behind the other, named a, b, c …"""
    nodes, last = [Node(id="x", kind="Input", config={"shape": [*shape]})], "x"
    for id, (kind, config) in zip("abcdefg", layers, strict=False):
        nodes.append(Node(id=id, kind=kind, config=config, inputs={"input": last}))
        last = id
    torch.manual_seed(0)
    return builder.compile(Graph(nodes=(*nodes, Node(id="out", kind="Output", inputs={"input": last}))))


def test_histograms_count_like_numpy() -> None:
    values = torch.randn(5000, generator=torch.Generator().manual_seed(1))
    told = histogram(values).numpy()
    counts, edges = np.histogram(values.numpy(), BINS)
    assert told[0] == edges[0] and told[1] == pytest.approx(edges[-1])
    assert told[2:].sum() == 5000 and np.abs(told[2:] - counts).max() <= 2  # at an edge rounding decides
    assert histogram(torch.full((7,), 3.0))[2:].max() == 7 and histogram(torch.tensor([torch.nan])).sum() == 0


def test_units_are_channels_or_features() -> None:
    maps = torch.randn(6, 3, 4, 5).relu()
    maps[:, 1] = 0
    told = units(maps).numpy()
    flat = maps.numpy().transpose(1, 0, 2, 3).reshape(3, -1)
    assert np.allclose(told, [flat.mean(1), flat.std(1), (flat == 0).mean(1), flat.max(1)], atol=1e-6)
    assert told[2, 1] == 1 and by_unit(torch.zeros(2, 7, 9)).shape == (2, 9, 7)


def test_large_values_are_cut_and_small_ones_whole() -> None:
    assert torch.equal(cropped(torch.arange(12.0).reshape(3, 4)), torch.arange(12.0).reshape(3, 4).half())
    big = cropped(torch.randn(512, 56, 56))
    assert big.numel() <= 2**14 and big.ndim == 3 and big.shape[0] >= 64
    assert cropped(torch.randn(40_000)).shape == (2**14,) and cropped(torch.tensor([5])).dtype == torch.int32


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_keeps_every_node_and_stays_as_it_was(name: str) -> None:
    trained, inputs, targets = untrained(name)
    before = {key: value.clone() for key, value in trained.module.state_dict().items()}
    dice = torch.get_rng_state()
    found = read_at(trained, (inputs,), targets)
    assert torch.equal(dice, torch.get_rng_state())
    assert all(torch.equal(value, before[key]) for key, value in trained.module.state_dict().items())
    assert all(one.grad is None for one in trained.module.parameters()) and not trained.module.training
    assert not any(one._forward_hooks or "forward" in one.__dict__ for one in trained.module.modules())
    for path in placed(trained.graph):
        assert {f"activations/{one}/{path}" for one in ("histogram", "units", "example")} <= found.keys(), (
            path
        )
    learned = [path for path in placed(trained.graph) if f"gradients/example/{path}" in found]
    assert len(learned) > len(placed(trained.graph)) / 2
    assert all(np.isfinite(one).all() for one in found.values())


def test_gradients_at_nodes_are_autograds() -> None:
    trained, inputs, targets = untrained("iris-mlp")
    found = read_at(trained, (inputs,), targets, only=("gradients",))
    seen: dict[str, Tensor] = {}
    loss = objective_of(trained.project)
    with watched(trained.module, lambda path, value: seen.update({path: value})):
        assert loss is not None
        value = loss(trained.module(inputs[:1]), targets[:1])
    for path, one in seen.items():
        if one.requires_grad:
            (slope,) = torch.autograd.grad(value, one, retain_graph=True)
            assert np.allclose(found[f"gradients/example/{path}"], slope[0].half().numpy(), atol=1e-3)


def test_a_planted_pattern_appears_where_it_was_planted() -> None:
    network = chain(("Conv2d", {"filters": 2, "kernel": 3, "padding": "same"}), ("ReLU", {}), shape=(1, 8, 8))
    with torch.no_grad():
        network.a.weight.zero_()  # type: ignore[union-attr, operator]
        network.a.bias.zero_()  # type: ignore[union-attr, operator]
        network.a.weight[1, 0, 1, 1] = 1  # type: ignore[union-attr, index, operator]
    image = torch.zeros(3, 1, 8, 8)
    image[:, 0, 5, 2] = 1
    sight = Sight(network, (image,))
    maps = all_probes()["activations"]().arrays(sight)["example", "b"]
    assert maps[1, 5, 2] == 1 and float(maps.sum()) == 1
    assert all_probes()["activations"]().arrays(sight)["units", "b"][2].tolist() == [
        1.0,
        pytest.approx(63 / 64),
    ]


def test_gram_matrices_are_products_of_maps() -> None:
    maps = torch.randn(3, 4, 5)
    flat = maps.reshape(3, 20).numpy()
    assert np.allclose(gram(maps), flat @ flat.T / 20, atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_unrolled_layers_are_torchs(kind: str) -> None:
    layer = getattr(nn, kind)(5, 7, batch_first=True)
    x = torch.randn(3, 6, 5)
    unrolled = Unrolled(layer, x)
    assert torch.allclose(torch.stack(unrolled.states, 1), layer(x)[0], atol=1e-6)
    assert len(unrolled.gates) == (0 if kind == "RNN" else 6)
    if unrolled.gates:
        assert unrolled.told().shape == (6, 4 if kind == "LSTM" else 3, 7)


@pytest.mark.parametrize("name", ["digits-rnn", "digits-lstm", "digits-gru"])
def test_the_loss_reaches_back_through_all_later_states(name: str) -> None:
    trained, inputs, targets = untrained(name)
    found = read_at(trained, (inputs,), targets, only=("hidden",))
    (path,) = [key.rsplit("/", 1)[1] for key in found if key.startswith("hidden/gradient")]
    told = found[f"hidden/gradient/{path}"]
    loss, layer = objective_of(trained.project), trained.module.get_submodule(path)
    assert loss is not None

    def at(shift: Tensor, step: int) -> Tensor:
        """The loss when one hidden state is shifted: the sequence is read in two parts."""
        x = inputs[:1].reshape(1, 8, 8)
        early, state = layer(x[:, : step + 1])
        hidden, *cell = state if isinstance(state, tuple) else (state,)
        hidden = hidden + shift
        early = torch.cat([early[:, :-1], hidden.transpose(0, 1)], 1)
        late = layer(x[:, step + 1 :], (hidden, *cell) if cell else hidden)[0] if step < 7 else early[:, :0]
        with watched(trained.module, lambda node, _: torch.cat([early, late], 1) if node == path else None):
            return loss(trained.module(inputs[:1]), targets[:1])

    for step in (0, 3, 7):
        shift = torch.zeros(1, 1, layer.hidden_size, requires_grad=True)  # type: ignore[arg-type]
        (slope,) = torch.autograd.grad(at(shift, step), shift)
        assert told[step] == pytest.approx(float(slope.norm()), rel=1e-3, abs=1e-8)


def test_attention_is_kept_by_head_and_sums_to_one() -> None:
    trained, inputs, targets = untrained("digits-transformer")
    found = read_at(trained, (inputs,), targets, only=("attention",))
    assert {key.rsplit("/", 1)[1] for key in found} == {f"encoder1.{i}.multiheadattention1" for i in (0, 1)}
    assert all(one.shape == (4, 8, 8) and np.allclose(one.sum(-1), 1, atol=1e-5) for one in found.values())
    vit = read_at(*(lambda t, x, y: (t, (x,), y))(*untrained("small-vit")), only=("attention",))
    assert {one.shape for one in vit.values()} == {(4, 17, 17)}, "the attention in torch's own layers too"


def test_couplings_begin_even_and_sum_to_one() -> None:
    trained = Trained.untrained(builder.template("capsnet"))
    (told,) = read_at(trained, trained.random(1), only=("couplings",)).values()
    assert told.shape == (3, 256, 10) and np.allclose(told.sum(-1), 1, atol=1e-5)
    assert np.allclose(told[0], 0.1) and not np.allclose(told[2], 0.1)


def test_a_run_keeps_arrays_for_time_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.driver.TICK", 0.0)
    monkeypatch.setattr("engines.runs.probing.EVERY", 0.0)
    monkeypatch.setattr("engines.runs.probing.SHARE", 1e9)
    what = project(3, 20).with_fields(probes={"every": 0.05, "share": 1.0})
    run = engines.train(what, tmp_path / "run")
    arrays = run.arrays
    assert arrays.steps()[-1] == run.status().step and arrays.steps()[0] == 1
    name = "weights/histogram/hidden.weight"
    assert np.allclose(
        arrays.read(arrays.steps()[-1], name), histogram(run.weights()["hidden.weight"]), atol=1e-6
    )
    steps, found = arrays.over_time(name)
    assert steps == arrays.steps() and len(found) == len(steps)
    assert "updates/histogram/hidden.weight" in arrays.names(
        1
    ) and "gradients/histogram/scores.bias" in arrays.names(1)
    spent, share = arrays.cost()
    assert spent > 0 and share > 0
    with pytest.raises(BadFile, match="nothing was kept"):
        arrays.read(1, "weights/histogram/none")


def test_keeping_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    what = project(6, 20, clip=1.0)
    never = engines.train(what.with_fields(probes={"every": 9999.0, "probes": []}), tmp_path / "never")
    for place, value in (
        ("probing.EVERY", 0.0),
        ("probing.SHARE", 1e9),
        ("probing.SPREAD", 0.0),
        ("driver.TICK", 0.0),
    ):
        monkeypatch.setattr(f"engines.runs.{place}", value)
    often = engines.train(what.with_fields(probes={"every": 0.05, "share": 1.0}), tmp_path / "often")
    assert len(often.arrays.steps()) >= 2 and equal(never, often)


def test_what_is_recorded_can_be_chosen_and_changed(tmp_path: Path) -> None:
    what = project(2, 20).with_fields(probes={"probes": ["weights"], "nodes": ["hidden"]})
    run = engines.train(what, tmp_path / "run")
    kept = [f"weights/histogram/hidden.{one}" for one in ("bias", "weight")]
    assert run.arrays.names(run.arrays.steps()[0]) == kept
    record(run.folder, Recording(probes=("gram",)))
    assert recorded(run.folder, {}).chosen() == ["gram"]
    (run.folder / "recording.json").write_text("{]")
    assert recorded(run.folder, {"probes": ["weights"]}).chosen() == ["weights"]
    for bad in ({"probes": ["nonsense"]}, {"every": 0.0}, {"share": 2}, {"other": 1}):
        with pytest.raises(BadValue):
            Recording.of(bad)


def test_a_failure_to_look_ends_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("engines.probes.sight.read", fails)
    run = engines.train(project(2, 20), tmp_path / "run")
    assert run.status().state == "finished" and not run.arrays.steps()
    assert any("No more arrays" in row["text"] for row in run.curves().notices())


def test_arrays_are_thinned_and_forgotten(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path / "arrays")
    for step in range(1, 100):
        arrays.keep(step, {"a/b/c": np.full(3, step)}, 0.1, 10.0)
    steps = arrays.steps()
    assert steps[0] == 1 and steps[-1] == 99 and 32 <= len(steps) <= 64
    assert arrays.cost() == (0.1, 0.01)
    arrays.forget(40)
    assert arrays.steps()[-1] <= 40 and Arrays(tmp_path / "none").steps() == []


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["digits-cnn", "digits-lstm", "digits-transformer", "small-vit"])
def test_arrays_on_the_gpu_are_those_of_the_cpu(name: str) -> None:
    trained, inputs, targets = untrained(name)
    there = read_at(trained, (inputs,), targets)
    trained.module.to("cuda")
    here = read_at(trained, (inputs.cuda(),), targets.cuda())
    assert here.keys() == there.keys()
    for key, value in here.items():
        if "histogram" not in key:
            assert np.allclose(value, there[key], atol=2e-2), key


def test_a_run_of_a_blink_has_moments_from_its_first_to_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.runs.probing.FREE", 60.0)  # a machine under load takes its time
    run = engines.train(project(20, 20), tmp_path / "run")
    last, kept = run.status().step, run.arrays.steps()
    assert len(kept) >= 8 and kept[0] == 1 and kept[-1] == last
    assert {*kept[1:]} <= {*run.snapshots.numbers()}, "weights lie beside arrays"
    assert max(after - before for before, after in pairwise(kept)) <= last / 4
