"""What may follow: the kinds of layer that take something as it is."""

from builder.fields import layer_of
from builder.layer import Layer, Spec
from builder.layers import LAYERS
from builder.trial import tried

USUAL = {
    2: "Linear ReLU Dropout BatchNorm1d LayerNorm Add Softmax",
    3: "Linear LSTM MultiheadAttention LayerNorm Conv1d ReLU Dropout Add Select Flatten",
    4: "Conv2d ReLU MaxPool2d BatchNorm2d Add Dropout2d AdaptiveAvgPool2d Flatten",
    5: "Conv3d ReLU MaxPool3d BatchNorm3d Add Flatten",
}
"""What people reach for most, by the number of dimensions, batch included."""
NEVER = ("Input", "Block")


def followers(spec: Spec) -> list[str]:
    """The kinds whose default fields take this as first input, usual ones first; more inputs get the same."""
    first = "Embedding" if spec.dtype == "int64" else USUAL.get(len(spec.shape), "")
    kinds = dict.fromkeys(kind for kind in (*first.split(), *LAYERS) if kind not in NEVER)
    return [kind for kind in kinds if kind == "Output" or _takes(LAYERS[kind], spec)]


def _takes(kind: type[Layer], spec: Spec) -> bool:
    key = (kind.__name__, "{}")
    layer, _ = layer_of(key)
    names = (f"{kind.many}1", f"{kind.many}2") if kind.many else kind.inputs
    specs = (spec,) * len(names)
    return layer is not None and not tried(key, names, specs).refusal
