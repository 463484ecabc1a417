"""Layers with weights that do not slide: dense, embedding, norms, recurrent, attention."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.keras_layers.maker import Maker, layer


@layer("Dense")
def _dense(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    units = maker.count("units")
    bias = maker.weight("bias", units) if maker.flag("use_bias") else None
    return maker.activated(maker(functional.linear, x, maker.weight("kernel", units, x.shape[-1]), bias))


@layer("TimeDistributed")
def _each_step(maker: Maker, x: Flow) -> Any:
    inner = maker.config.get("layer")
    if (
        not isinstance(inner, dict)
        or inner.get("class_name") != "Dense"
        or not isinstance(inner.get("config"), dict)
    ):
        raise Unreadable("only a Dense layer is applied to each step")
    return _dense(Maker("Dense", inner["config"], maker.machine, maker.weights), x)


@layer("Embedding")
def _embedding(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    entries, width = maker.count("input_dim"), maker.count("output_dim")
    return maker(functional.embedding, x, maker.weight("embeddings", entries, width))


@layer("BatchNormalization")
def _batch_norm(maker: Maker, x: Flow) -> Any:
    import torch
    from torch.nn import functional

    rank = len(x.shape)
    axis = maker.config.get("axis", -1)
    axis = (axis[0] if isinstance(axis, list) and axis else axis) % rank
    order = [0, axis, *(place for place in range(1, rank) if place != axis)]
    turned = maker(torch.permute, x, order) if axis != 1 else x
    wide = x.shape[axis]
    scaled = maker.flag("center") or maker.flag("scale")
    weights: list[Any] = [maker.weight(name, wide) for name in ("mean", "variance")]
    weights += [maker.weight(name, wide) if scaled else None for name in ("gamma", "beta")]
    momentum, eps = 1 - float(maker.config.get("momentum", 0.99)), float(maker.config.get("epsilon", 1e-3))
    made = maker(functional.batch_norm, turned, *weights, False, round(momentum, 6), eps)
    return maker(torch.permute, made, [order.index(place) for place in range(rank)]) if axis != 1 else made


@layer("LayerNormalization")
def _layer_norm(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    rank = len(x.shape)
    axes = maker.config.get("axis", -1)
    axes = sorted(axis % rank for axis in (axes if isinstance(axes, list) else [axes]))
    if axes != [*range(axes[0], rank)]:
        raise Unreadable("it works along other dimensions than the last")
    shape = [*x.shape[axes[0] :]]
    gamma = maker.weight("gamma", *shape) if maker.flag("scale") else None
    beta = maker.weight("beta", *shape) if maker.flag("center") and gamma is not None else None
    return maker(functional.layer_norm, x, shape, gamma, beta, float(maker.config.get("epsilon", 1e-3)))


@layer("GroupNormalization")
def _group_norm(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    groups, wide = maker.whole("groups", 32), x.shape[-1]
    weights = (maker.weight("gamma", wide), maker.weight("beta", wide))
    eps = float(maker.config.get("epsilon", 1e-3))
    return maker.back(
        maker(functional.group_norm, maker.first(x), wide if groups == -1 else groups, *weights, eps)
    )


@layer("LSTM GRU SimpleRNN")
def _recurrent(maker: Maker, x: Flow) -> Any:
    return _answer(maker, maker, x, 1)


@layer("Bidirectional")
def _both_ways(maker: Maker, x: Flow) -> Any:
    inner = maker.config.get("layer")
    if not isinstance(inner, dict) or inner.get("class_name") not in ("LSTM", "GRU", "SimpleRNN"):
        raise Unreadable("only recurrent layers read both ways")
    if maker.word("merge_mode", "concat") != "concat":
        raise Unreadable("its two directions are not laid side by side")
    made = Maker(inner["class_name"], inner.get("config") or {}, maker.machine, maker.weights)
    return _answer(maker, made, x, 2)


def _answer(maker: Maker, inner: Maker, x: Flow, ends: int) -> Any:
    """All steps, or the last one; of a layer that reads both ways each direction's own last one."""
    import torch

    if (
        inner.flag("go_backwards", False)
        or inner.flag("return_state", False)
        or inner.flag("stateful", False)
    ):
        raise Unreadable("it reads backwards only, or hands on its state")
    output, hidden = _run(inner, x, ends)
    if inner.flag("return_sequences", False):
        return output
    if ends == 1:
        return maker(torch.select, output, 1, -1)
    return maker(torch.cat, [maker(torch.select, hidden, 0, 0), maker(torch.select, hidden, 0, 1)], 1)


def _run(maker: Maker, x: Flow, ends: int) -> tuple[Any, Any]:
    import torch

    units, bias = maker.count("units"), maker.flag("use_bias")
    gates, name, function = {
        "LSTM": (4, "lstm", torch.lstm),
        "GRU": (3, "gru", torch.gru),
        "SimpleRNN": (1, "rnn_tanh", torch.rnn_tanh),
    }[maker.kind]
    activation = maker.word("activation", "tanh")
    if maker.kind == "SimpleRNN" and activation == "relu":
        name, function = "rnn_relu", torch.rnn_relu
    elif activation != "tanh" or maker.word("recurrent_activation", "sigmoid") != "sigmoid":
        raise Unreadable("its gates have other activations than torch's")
    if maker.kind == "GRU" and not maker.flag("reset_after"):
        raise Unreadable("it resets before the weights, where torch's GRU resets after them")
    weights = []
    for end in range(ends):
        weights += [maker.weight(f"kernel{end}", gates * units, x.shape[-1])]
        weights += [maker.weight(f"recurrent{end}", gates * units, units)]
        weights += [maker.weight(f"bias{end}{side}", gates * units) for side in "ab"] if bias else []
    state = torch.zeros(ends, x.shape[0], units)
    hx = (state, state) if maker.kind == "LSTM" else state
    answer = maker.named(name, function, x, hx, weights, bias, 1, 0.0, False, ends == 2, True)
    return answer[0], answer[1]


@layer("MultiHeadAttention")
def _attention(maker: Maker, query: Flow, value: Flow, key: Flow | None = None) -> Any:
    heads, wide = maker.count("num_heads"), maker.count("key_dim")
    if heads * wide != query.shape[-1] or maker.config.get("value_dim") not in (None, wide):
        raise Unreadable("its heads together are not as wide as what it is given")
    given = [query] if query.ref == value.ref and key in (None, value) else [query, key or value, value]
    maker.draft.result = query.value
    dropout = float(maker.config.get("dropout") or 0.0)
    id = maker.draft("MultiheadAttention", *given, heads=heads, dropout=dropout, bias=maker.flag("use_bias"))
    return Flow(id, query.value)
