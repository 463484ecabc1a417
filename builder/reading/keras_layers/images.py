"""Layers for sequences, images and volumes."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.keras_layers.maker import Maker, layer
from builder.reading.padding import LOWEST, keeping, padded


@layer("Conv1D Conv2D Conv3D Convolution2D")
def _conv(maker: Maker, x: Flow) -> Any:
    channels = maker.first(x).shape[1]
    filters, groups = maker.count("filters"), maker.whole("groups", 1)
    return maker.activated(maker.back(_slid(maker, maker.first(x), "", filters, channels // groups, groups)))


@layer("DepthwiseConv1D DepthwiseConv2D")
def _depthwise(maker: Maker, x: Flow) -> Any:
    channels = maker.first(x).shape[1]
    filters = channels * maker.count("depth_multiplier", 1)
    return maker.activated(maker.back(_slid(maker, maker.first(x), "", filters, 1, channels)))


@layer("SeparableConv1D SeparableConv2D")
def _separable(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    turned = maker.first(x)
    channels, filters = turned.shape[1], maker.count("filters")
    wide = channels * maker.count("depth_multiplier", 1)
    apart = _slid(maker, turned, "depthwise", wide, 1, channels, bias=False)
    rank = len(x.shape) - 2
    weight = maker.weight("pointwise", filters, wide, *[1] * rank)
    bias = maker.weight("bias", filters) if maker.flag("use_bias") else None
    return maker.activated(maker.back(maker(getattr(functional, f"conv{rank}d"), apart, weight, bias)))


def _slid(
    maker: Maker, x: Any, name: str, filters: int, channels: int, groups: int, *, bias: bool = True
) -> Any:
    """A convolution with the layer's kernel, stride, dilation and padding; channels first."""
    from torch.nn import functional

    rank = len(x.shape) - 2
    kernel, strides, gaps = (
        maker.sides(field, rank) for field in ("kernel_size", "strides", "dilation_rate")
    )
    weight = maker.weight(f"{name}kernel", filters, channels, *kernel)
    constant = maker.weight(f"{name}bias", filters) if bias and maker.flag("use_bias") else None
    function, way = getattr(functional, f"conv{rank}d"), maker.word("padding", "valid")
    if way == "causal":
        if strides != [1]:
            raise Unreadable("it is causal and has a stride")

        def run(one: Any, *_: Any) -> Any:
            return function(
                functional.pad(one, ((kernel[0] - 1) * gaps[0], 0)), weight, constant, 1, 0, gaps, groups
            )

        return maker.named(f"conv{rank}d", run, x, told=(x, weight, constant, 1, "causal", gaps, groups))
    if way == "same" and set(strides) == {1}:
        return maker(function, x, weight, constant, strides, "same", gaps, groups)
    before, after = keeping(x.shape[2:], kernel, strides, gaps) if way == "same" else ([0] * rank, [0] * rank)
    x, padding = padded(maker, x, before, after)
    return maker(function, x, weight, constant, strides, padding, gaps, groups)


@layer("Conv1DTranspose Conv2DTranspose Conv3DTranspose")
def _transposed(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    turned, rank = maker.first(x), len(x.shape) - 2
    kernel, strides, gaps = (
        maker.sides(field, rank) for field in ("kernel_size", "strides", "dilation_rate")
    )
    if set(gaps) != {1} or maker.config.get("output_padding") is not None:
        raise Unreadable("it has gaps, or an output padding of its own")
    padding, more = [0] * rank, [0] * rank
    if maker.word("padding", "valid") == "same":
        over = [window - step for window, step in zip(kernel, strides, strict=True)]
        padding = [max(one + 1, 0) // 2 for one in over]
        more = [2 * cut - one for cut, one in zip(padding, over, strict=True)]
    filters = maker.count("filters")
    weight = maker.weight("kernel", turned.shape[1], filters, *kernel)
    bias = maker.weight("bias", filters) if maker.flag("use_bias") else None
    made = maker(getattr(functional, f"conv_transpose{rank}d"), turned, weight, bias, strides, padding, more)
    return maker.activated(maker.back(made))


@layer("MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D")
def _pool(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    turned, rank = maker.first(x), len(x.shape) - 2
    kernel = maker.sides("pool_size", rank, 2)
    strides = maker.sides("strides", rank) if maker.config.get("strides") is not None else kernel
    before = after = [0] * rank
    if maker.word("padding", "valid") == "same":
        before, after = keeping(turned.shape[2:], kernel, strides, [1] * rank)
    if maker.kind.startswith("Max"):
        turned, padding = padded(maker, turned, before, after, LOWEST)
        return maker.back(maker(getattr(functional, f"max_pool{rank}d"), turned, kernel, strides, padding))
    if before != after:
        raise Unreadable("it pads one side more than the other, and does not count that")
    function = getattr(functional, f"avg_pool{rank}d")
    return maker.back(maker(function, turned, kernel, strides, before, False, not any(before)))


@layer("GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling2D GlobalMaxPooling3D")
def _global(maker: Maker, x: Flow) -> Any:
    import torch
    from torch.nn import functional

    word = "avg" if "Average" in maker.kind else "max"
    made = maker(getattr(functional, f"adaptive_{word}_pool{len(x.shape) - 2}d"), maker.first(x), 1)
    return maker.back(made) if maker.flag("keepdims", False) else maker(torch.flatten, made, 1)


@layer("GlobalAveragePooling1D GlobalMaxPooling1D")
def _over_steps(maker: Maker, x: Flow) -> Any:
    import torch

    dim = 2 if maker.config.get("data_format") == "channels_first" else 1
    function = torch.mean if "Average" in maker.kind else torch.amax
    return maker(function, x, dim, maker.flag("keepdims", False))


@layer("UpSampling1D UpSampling2D UpSampling3D")
def _larger(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    turned, rank = maker.first(x), len(x.shape) - 2
    factors = maker.sides("size", rank, 2)
    mode = maker.word("interpolation", "nearest")
    if mode not in ("nearest", "bilinear", "bicubic"):
        raise Unreadable(f"it resizes in the way {mode[:40]!r}")
    after = [side * factor for side, factor in zip(turned.shape[2:], factors, strict=True)]
    return maker.back(maker(functional.interpolate, turned, after, None, mode))


@layer("ZeroPadding1D ZeroPadding2D ZeroPadding3D")
def _zeros(maker: Maker, x: Flow) -> Any:
    from torch.nn import functional

    pairs = _pairs(maker, "padding", len(x.shape) - 2)
    return maker.back(maker(functional.pad, maker.first(x), [one for pair in pairs[::-1] for one in pair]))


@layer("Cropping1D Cropping2D Cropping3D")
def _cropped(maker: Maker, x: Flow) -> Any:
    import torch

    made = maker.first(x)
    for dim, (before, after) in enumerate(_pairs(maker, "cropping", len(x.shape) - 2), 2):
        made = maker(torch.narrow, made, dim, before, made.shape[dim] - before - after)
    return maker.back(made)


def _pairs(maker: Maker, field: str, rank: int) -> list[list[int]]:
    """What is added or cut off before and after each side: one number, one a side, or two a side."""
    value = maker.config.get(field, 1)
    sides = [value] * rank if isinstance(value, int) else value
    if isinstance(sides, list) and rank == 1 and len(sides) == 2:
        sides = [sides]
    if not isinstance(sides, list) or len(sides) != rank:
        raise Unreadable(f"{field} has not one entry for each side")
    pairs = [[one, one] if isinstance(one, int) else one for one in sides]
    for pair in pairs:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(type(one) is int and one >= 0 for one in pair)
        ):
            raise Unreadable(f"{field} must be whole numbers")
    return pairs
