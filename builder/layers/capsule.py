"""Capsules: small vectors whose length tells whether something is there, and whose direction how."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.window import EVERYTHING, OWN, Windows, own_places


class _Capsules(Layer):
    category: ClassVar = "Capsules"
    icon: ClassVar = "medication"
    aliases: ClassVar = "capsule network, CapsNet, Hinton"
    reference: ClassVar = "Sabour et al. (2017), Dynamic routing between capsules"
    axes: ClassVar[tuple[str, ...]] = ("batch × capsules × size",)
    example: ClassVar[tuple[Shape, ...]] = ((2, 6, 4),)


class PrimaryCapsules(_Capsules):
    """Make the first capsules of an image: a convolution whose channels are taken together, and squashed."""

    aliases: ClassVar = "primary caps, convolutional capsules"
    formula: ClassVar = r"v = \frac{\|s\|^2}{1 + \|s\|^2}\, \frac{s}{\|s\|},\quad s = W * x + b"
    axes: ClassVar = ("batch × channels × height × width",)
    example: ClassVar = ((2, 2, 11, 11),)
    demo: ClassVar = {"capsules": 2, "size": 4, "kernel": 3}
    capsules: int = Field(32, ge=1, le=65536, description="Kinds of capsules, each at every place")
    size: int = Field(8, ge=1, le=4096, description="Length of each vector")
    kernel: int = Field(9, ge=1, le=1024, description="Side of each filter, in pixels")
    stride: int = Field(2, ge=1, le=1024, description="From one place to the next, in pixels")
    padding: int = Field(0, ge=0, le=1024, description="Zeros around the image")

    def module(self, x: Shape) -> Call:
        """Of ours."""
        options = {"stride": self.stride, "padding": self.padding}
        return call("PrimaryCapsules", x[1], self.capsules, self.size, self.kernel, **options)

    def refuses(self, x: Shape) -> str:
        """The filter must fit in the image."""
        if self.kernel > min(x[2:]) + 2 * self.padding:
            return f"kernel must fit into the image ({min(x[2:])} and its padding). Got {self.kernel}."
        return ""


class RoutedCapsules(_Capsules):
    """Let capsules vote for those of the next layer, and hear most those that agree (dynamic routing)."""

    icon: ClassVar = "route"
    aliases: ClassVar = "digit capsules, DigitCaps, dynamic routing, routing by agreement, capsule layer"
    formula: ClassVar = (
        r"v_j = \text{squash}\left(\sum_i c_{ij} W_{ij} u_i\right),\quad c_i = \text{softmax}(b_i)"
    )
    outputs: ClassVar = ("output", "couplings")
    demo: ClassVar = {"capsules": 3, "size": 5}
    capsules: int = Field(10, ge=1, le=65536, description="How many there are in this layer")
    size: int = Field(16, ge=1, le=4096, description="Length of each vector")
    iterations: int = Field(3, ge=1, le=100, description="How often they agree anew who hears whom")

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("RoutedCapsules", x[1], x[2], self.capsules, self.size, iterations=self.iterations)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Votes; in each iteration their sum, and in each but the last how far they agree."""
        batch, before, size = inputs[0]
        return batch * before * self.capsules * self.size * (size + 2 * self.iterations - 1)


class CapsuleLength(_Capsules):
    """Tell how sure each capsule is that what it stands for is there: its length, from 0 to 1."""

    icon: ClassVar = "straighten"
    aliases: ClassVar = "norm, capsule probability, class capsules"
    formula: ClassVar = r"y_j = \|v_j\|"

    def forward(self, use: Use) -> str:
        """The norm over the last dimension."""
        return f"torch.linalg.vector_norm({use.inputs['input']}, dim=-1)"

    def window(self, x: Shape) -> Windows:
        """Each capsule sees itself."""
        return (OWN,)


class CapsuleMask(_Capsules):
    """Keep one capsule alone, the longest or that of a given label: what a decoder draws the input from."""

    icon: ClassVar = "filter_center_focus"
    aliases: ClassVar = "masking, reconstruction, decoder, true label"
    formula: ClassVar = r"y_j = v_j\, [j = \arg\max_k \|v_k\|]"
    optional: ClassVar = ("label",)
    apart: ClassVar = {"label": "int"}
    example: ClassVar = ((2, 6, 4), (2,))

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("CapsuleMask")

    def refuses(self, *shapes: Shape) -> str:
        """One label for each example."""
        if len(shapes) > 1 and len(shapes[1]) != 1:
            return f"label must be one number for each example (B). Got {written(shapes[1])}."
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """A label names a capsule."""
        return shapes[0][1] if port == "label" else 0

    def window(self, *shapes: Shape) -> Windows:
        """With a label, it depends on that which values stay; otherwise all decide."""
        return own_places(shapes[0], 1) if len(shapes) > 1 else EVERYTHING
