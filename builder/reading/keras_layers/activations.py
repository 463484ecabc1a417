"""Activations, and what leaves values out."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.keras_layers.maker import Maker, layer

SAME = {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "softplus": "softplus",
    "softsign": "softsign", "elu": "elu", "selu": "selu", "silu": "silu", "swish": "silu", "mish": "mish",
    "hard_silu": "hardswish", "hard_swish": "hardswish", "hard_sigmoid": "hardsigmoid", "celu": "celu",
    "tanh_shrink": "tanhshrink", "log_sigmoid": "logsigmoid",
}  # fmt: skip
"""Activations by Keras's names → those of torch.nn.functional."""


def named(maker: Maker, name: Any, x: Any) -> Any:
    """The activation of a name."""
    import torch
    from torch.nn import functional

    name = name.lower() if isinstance(name, str) else ""
    if name in SAME:
        return maker(getattr(functional, SAME[name]), x)
    if name in ("softmax", "log_softmax"):
        return maker(getattr(functional, name), x, -1)
    if name == "gelu":
        return maker(functional.gelu, x)
    if name == "leaky_relu":
        return maker(functional.leaky_relu, x, 0.2)
    if name == "exponential":
        return maker(torch.exp, x)
    raise Unreadable(f"its activation {name[:40]!r} is not known")


@layer("Activation")
def _activation(maker: Maker, x: Flow) -> Any:
    return maker.activated(x)


@layer("ReLU")
def _relu(maker: Maker, x: Flow) -> Any:
    import torch
    from torch.nn import functional

    slope, most = maker.config.get("negative_slope") or 0.0, maker.config.get("max_value")
    if maker.config.get("threshold"):
        raise Unreadable("its threshold is not 0")
    if slope:
        return maker(functional.leaky_relu, x, float(slope))
    if most is None:
        return maker(functional.relu, x)
    return maker(functional.relu6, x) if most == 6 else maker(torch.clamp, x, 0.0, float(most))


@layer("LeakyReLU")
def _leaky(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    slope = maker.config.get("negative_slope", maker.config.get("alpha", 0.3))
    return maker(functional.leaky_relu, x, float(slope))


@layer("PReLU")
def _prelu(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    if len(x.shape) == 4 and maker.config.get("shared_axes") not in ([1, 2], [1, 2, 3]):
        raise Unreadable("it has a slope for each value")
    count = 1 if maker.config.get("shared_axes") == [1, 2, 3] else x.shape[-1]
    return maker.back(maker(functional.prelu, maker.first(x), maker.weight("alpha", count)))


@layer("ELU")
def _elu(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    return maker(functional.elu, x, float(maker.config.get("alpha", 1.0)))


@layer("Softmax")
def _softmax(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    return maker(functional.softmax, x, maker.whole("axis", -1))


@layer("Dropout")
def _dropout(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    return maker(functional.dropout, x, float(maker.config.get("rate", 0.5)), False)


@layer("AlphaDropout")
def _alpha_dropout(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    return maker(functional.alpha_dropout, x, float(maker.config.get("rate", 0.5)), False)


@layer("SpatialDropout1D SpatialDropout2D SpatialDropout3D")
def _spatial(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    function = getattr(functional, f"dropout{len(x.shape) - 2}d")
    return maker.back(maker(function, maker.first(x), float(maker.config.get("rate", 0.5)), False))


@layer("GaussianNoise GaussianDropout")
def _noise(maker: Maker, x: Flow) -> Any:
    config: dict[str, Any] = {"std": float(maker.config.get("stddev", 0.1))} if maker.kind == "GaussianNoise" else {
        "rate": float(maker.config.get("rate", 0.5))}  # fmt: skip
    return Flow(maker.draft(maker.kind, x, **config), x.value, x.layout, x.origin)


@layer("ActivityRegularization")
def _nothing(maker: Maker, x: Flow) -> Any:
    return x
