"""Windows, and changes of size without weights."""

from collections.abc import Sequence
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.rules.constant import written
from builder.reading.rules.convolution import Sides, sides, unusual
from builder.reading.rules.rule import rule


@rule(
    "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices"
)
def _max_pool(
    draft: Draft, input: Flow, kernel_size: Sides, stride: Sides | None = None, padding: Sides = 0,
    dilation: Sides = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    more = unusual(dilation=(sides(dilation), 1), ceil_mode=(ceil_mode, False))
    ref = _pool("MaxPool", draft, input, kernel_size, stride, padding, more)
    return (ref, f"{ref}.indices") if isinstance(draft.result, tuple) else ref


@rule("avg_pool1d avg_pool2d avg_pool3d")
def _avg_pool(
    draft: Draft, input: Flow, kernel_size: Sides, stride: Sides | None = None, padding: Sides = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> str:  # fmt: skip
    if divisor_override:
        raise Unreadable("its sums are divided by a number of its own")
    more = unusual(
        ceil_mode=(ceil_mode, False), count_include_pad=(count_include_pad or not sides(padding), True)
    )
    return _pool("AvgPool", draft, input, kernel_size, stride, padding, more)


@rule("lp_pool1d lp_pool2d lp_pool3d")
def _lp_pool(
    draft: Draft, input: Flow, norm_type: float, kernel_size: Sides, stride: Sides | None = None,
    ceil_mode: bool = False,
) -> str:  # fmt: skip
    more = {"power": float(norm_type), **unusual(ceil_mode=(ceil_mode, False))}
    return draft(
        f"LPPool{_rank(input)}d",
        input,
        kernel=sides(kernel_size),
        stride=sides(stride or kernel_size),
        **more,
    )


def _pool(
    stem: str,
    draft: Draft,
    input: Flow,
    kernel: Sides,
    stride: Sides | None,
    padding: Sides,
    more: dict[str, Any],
) -> str:
    return draft(
        f"{stem}{_rank(input)}d", input, kernel=sides(kernel), stride=sides(stride or kernel),
        padding=sides(padding), **more,
    )  # fmt: skip


@rule("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d")
def _adaptive_avg(draft: Draft, input: Flow, output_size: Any) -> str:
    return _adaptive("Avg", draft, input, output_size)


@rule("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d")
def _adaptive_max(draft: Draft, input: Flow, output_size: Any, return_indices: bool = False) -> Any:
    if return_indices:
        raise Unreadable("where the largest values were is not told")
    return _adaptive("Max", draft, input, output_size)


def _adaptive(word: str, draft: Draft, input: Flow, size: Any) -> str:
    given = [*size] if isinstance(size, list | tuple) else [size] * _rank(input)
    known = [here if side is None else side for side, here in zip(given, input.shape[2:], strict=True)]
    return draft(f"Adaptive{word}Pool{_rank(input)}d", input, size=sides(known))


def _rank(input: Flow) -> int:
    return len(input.shape) - 2


@rule("interpolate")
def _interpolate(
    draft: Draft, input: Flow, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> str:  # fmt: skip
    after, before = draft.result.shape[2:], input.shape[2:]
    if antialias:
        raise Unreadable("antialiasing is not among the ways to resize")
    ways = {"bilinear": "linear", "trilinear": "linear", "bicubic": "bicubic"}
    more = unusual(mode=(ways.get(mode, mode), "nearest"), align_corners=(bool(align_corners), False))
    factors = {new // old for new, old in zip(after, before, strict=True) if new % old == 0}
    if len(factors) == 1 and all(new % old == 0 for new, old in zip(after, before, strict=True)):
        return draft("Upsample", input, factor=factors.pop(), **more)
    return draft("Upsample", input, size=sides(after), **more)


@rule("upsample_nearest1d upsample_nearest2d upsample_nearest3d")
def _nearest(draft: Draft, input: Flow, *_: Any, **__: Any) -> str:
    return _interpolate(draft, input)


@rule("upsample_linear1d upsample_bilinear2d upsample_trilinear3d")
def _linear(draft: Draft, input: Flow, output_size: Any, align_corners: bool, *_: Any, **__: Any) -> str:
    return _interpolate(draft, input, mode="linear", align_corners=align_corners)


@rule("upsample_bicubic2d")
def _cubic(draft: Draft, input: Flow, output_size: Any, align_corners: bool, *_: Any, **__: Any) -> str:
    return _interpolate(draft, input, mode="bicubic", align_corners=align_corners)


@rule("pixel_shuffle")
def _shuffle(draft: Draft, input: Flow, upscale_factor: int) -> str:
    return draft("PixelShuffle", input, factor=upscale_factor)


@rule("pixel_unshuffle")
def _unshuffle(draft: Draft, input: Flow, downscale_factor: int) -> str:
    return draft("PixelUnshuffle", input, factor=downscale_factor)


@rule("channel_shuffle native_channel_shuffle")
def _channels(draft: Draft, input: Flow, groups: int) -> str:
    return draft("ChannelShuffle", input, groups=groups)


@rule("unfold im2col")
def _unfold(
    draft: Draft, input: Flow, kernel_size: Sides, dilation: Sides = 1, padding: Sides = 0, stride: Sides = 1
) -> str:
    if draft.result.ndim != 3 or len(input.shape) != 4:
        raise Unreadable("it cuts windows along one dimension only")
    return draft("Unfold", input, **_windows(kernel_size, dilation, padding, stride))


@rule("fold col2im")
def _fold(
    draft: Draft, input: Flow, output_size: Sides, kernel_size: Sides, dilation: Sides = 1, padding: Sides = 0,
    stride: Sides = 1,
) -> str:  # fmt: skip
    windows = _windows(kernel_size, dilation, padding, stride)
    return draft("Fold", input, size=sides(output_size), **windows)


def _windows(kernel: Sides, dilation: Sides, padding: Sides, stride: Sides) -> dict[str, Any]:
    return {
        "kernel": sides(kernel),
        "dilation": sides(dilation),
        "padding": sides(padding),
        "stride": sides(stride),
    }


@rule("pad constant_pad_nd")
def _pad(draft: Draft, input: Flow, pad: Sequence[int], mode: Any = "constant", value: Any = None) -> str:
    if not isinstance(mode, str):  # constant_pad_nd(input, pad, value)
        mode, value = "constant", mode
    pairs = [(pad[place], pad[place + 1]) for place in range(0, len(pad), 2)]
    if len(pairs) >= len(input.shape) and any(pairs[len(input.shape) - 1]):
        raise Unreadable("it adds to the batch")
    value = written(value or 0)
    return draft("Pad", input, amounts=[*pad], **unusual(mode=(mode, "constant"), value=(value, 0.0)))
