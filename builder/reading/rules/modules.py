"""torch.nn's modules as the functions that they call; those that are a layer of their own have a rule here."""

from typing import TYPE_CHECKING, Any

from builder.reading.draft import Draft, Flow
from builder.reading.rules.activation import VALUEWISE
from builder.reading.rules.recurrent import recurrent
from builder.reading.rules.rule import RULES, rule

if TYPE_CHECKING:
    from torch import nn

_CONV = "weight bias stride padding dilation groups padding_mode"
_TRANSPOSED = "weight bias stride padding output_padding groups dilation"
_BATCH_NORM = "batch_norm running_mean running_var weight bias training momentum eps"
_INSTANCE_NORM = "instance_norm running_mean running_var weight bias training_or_own momentum eps"
CALLS = {
    "Linear": "linear weight bias",
    "Embedding": "embedding weight padding_idx max_norm",
    "LayerNorm": "layer_norm normalized_shape weight bias eps",
    "RMSNorm": "rms_norm normalized_shape weight eps",
    "GroupNorm": "group_norm num_groups weight bias eps",
    "LocalResponseNorm": "local_response_norm size alpha beta k",
    "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d": "adaptive_avg_pool1d output_size",
    "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d": "adaptive_max_pool1d output_size return_indices",
    "MaxPool1d MaxPool2d MaxPool3d": "max_pool1d kernel_size stride padding dilation ceil_mode return_indices",
    "AvgPool1d": "avg_pool1d kernel_size stride padding ceil_mode count_include_pad",
    "AvgPool2d AvgPool3d": "avg_pool1d kernel_size stride padding ceil_mode count_include_pad divisor_override",
    "LPPool1d LPPool2d LPPool3d": "lp_pool1d norm_type kernel_size stride ceil_mode",
    "Upsample UpsamplingNearest2d UpsamplingBilinear2d": "interpolate size scale_factor mode align_corners",
    "PixelShuffle": "pixel_shuffle upscale_factor",
    "PixelUnshuffle": "pixel_unshuffle downscale_factor",
    "ChannelShuffle": "channel_shuffle groups",
    "Unfold": "unfold kernel_size dilation padding stride",
    "Fold": "fold output_size kernel_size dilation padding stride",
    "EmbeddingBag": "bag weight mode padding_idx max_norm",
    "Bilinear": "bilinear weight bias",
    "CosineSimilarity": "cosine_similarity dim",
    "PairwiseDistance": "pairwise_distance norm eps keepdim",
    "Dropout": "dropout p",
    "Dropout1d": "dropout1d p",
    "Dropout2d Dropout3d": "dropout2d p",
    "AlphaDropout": "alpha_dropout p",
    "FeatureAlphaDropout": "feature_alpha_dropout p",
    "Flatten": "flatten",
    "Unflatten": "unflatten",
    "Identity": "identity",
    "Softmax": "softmax dim",
    "LogSoftmax": "log_softmax dim",
    "Softmin": "softmin dim",
    "GLU": "glu dim",
    "PReLU": "prelu weight",
    "Hardtanh": "hardtanh min_val max_val",
    "ConstantPad1d ConstantPad2d ConstantPad3d ZeroPad1d ZeroPad2d ZeroPad3d": "pad padding 'constant value",
    "ReflectionPad1d ReflectionPad2d ReflectionPad3d": "pad padding 'reflect",
    "ReplicationPad1d ReplicationPad2d ReplicationPad3d": "pad padding 'replicate",
    "CircularPad1d CircularPad2d CircularPad3d": "pad padding 'circular",
    **{f"Conv{rank}d": f"conv{rank}d {_CONV}" for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": f"conv_transpose{rank}d {_TRANSPOSED}" for rank in (1, 2, 3)},
    **{f"BatchNorm{rank}d": _BATCH_NORM for rank in (1, 2, 3)},
    **{f"InstanceNorm{rank}d": _INSTANCE_NORM for rank in (1, 2, 3)},
    "LSTM GRU RNN": "recurrent",
    "LSTMCell GRUCell RNNCell": "cell",
    "MultiheadAttention": "multi_head_attention",
    "TransformerEncoderLayer": "encoder_layer",
    "TransformerDecoderLayer": "decoder_layer",
    "TransformerEncoder": "encoder",
    "TransformerDecoder": "decoder",
    "Transformer": "transformer",
    **{
        layer.split()[0]: " ".join([names.split()[0], *layer.split()[1:]])
        for names, layer in VALUEWISE.items()
    },
}
"""Classes of torch.nn → the rule, and what it is given behind the inputs: attributes of the module, or 'words."""
WHOLE = {
    "recurrent", "cell", "multi_head_attention", "encoder_layer", "decoder_layer", "encoder", "decoder", "transformer",
}  # fmt: skip
"""Rules that are given the module itself."""
_BY_CLASS = {name: call for names, call in CALLS.items() for name in names.split()}


def told(module: "nn.Module", inputs: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]] | None:
    """The rule that draws a module, and what it is given; None if no layer stands for the class."""
    known = (one.__name__ for one in type(module).__mro__ if one.__module__.startswith("torch.nn"))
    call = next((_BY_CLASS[name] for name in known if name in _BY_CLASS), None)
    if call is None:
        return None
    name, *attributes = call.split()
    if name in WHOLE:
        return name, (module, *inputs)
    given = (one[1:] if one[0] == "'" else _attribute(module, one) for one in attributes)
    return name, (*inputs, *given)


def _attribute(module: "nn.Module", name: str) -> Any:
    if (
        name == "training_or_own"
    ):  # instance norm uses each example's own statistics unless it keeps running ones
        return module.training or not getattr(module, "track_running_stats", False)
    if name == "value":
        return getattr(module, "value", 0)
    return getattr(module, name)


@rule("recurrent", anywhere=True)
def _recurrent(draft: Draft, module: Any, input: Flow, hx: Any = None) -> Any:
    lstm = module.mode == "LSTM"
    states = hx if isinstance(hx, tuple) else (hx,) * (2 if lstm else 1)
    kind = {"LSTM": "LSTM", "GRU": "GRU"}.get(module.mode, "RNN")
    more = {"nonlinearity": "relu"} if module.mode == "RNN_RELU" else {}
    output, *last = recurrent(kind, draft, input, states, [*module._flat_weights], module.bias, module.num_layers,
                              module.dropout, module.bidirectional, module.batch_first, **more)  # fmt: skip
    return output, tuple(last) if lstm else last[0]


@rule("cell", anywhere=True)
def _cell(draft: Draft, module: Any, input: Any, hx: Any = None) -> Any:
    kind = {"LSTMCell": "lstm_cell", "GRUCell": "gru_cell"}.get(type(module).__name__)
    draw = RULES[kind or f"rnn_{module.nonlinearity}_cell"].draw
    return draw(draft, input, hx, module.weight_ih, module.weight_hh, module.bias_ih, module.bias_hh)
