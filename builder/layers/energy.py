"""Layers that are told by an energy, a memory or a map, and learn by rules of their own."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.window import Windows, own_places

VECTOR = ("batch × features",)


class RBM(Layer):
    """A restricted Boltzmann machine: hidden units that tell how likely each is on, given what is seen."""

    category: ClassVar = "Memory and energy"
    icon: ClassVar = "bolt"
    aliases: ClassVar = (
        "restricted Boltzmann machine, contrastive divergence, deep belief network, DBN, harmonium"
    )
    reference: ClassVar = "Hinton (2002), Training products of experts by minimizing contrastive divergence"
    formula: ClassVar = (
        r"E(v, h) = -b^\top v - c^\top h - h^\top W v,\quad p(h_j = 1 \mid v) = \sigma(c_j + W_j v)"
    )
    outputs: ClassVar = ("hidden", "visible", "energy")
    axes: ClassVar = VECTOR
    units: int = Field(64, ge=1, le=10_000_000, description="Hidden units")
    sees: Literal["binary", "real"] = Field(
        "binary",
        description="What is seen: values from 0 to 1 (Bernoulli), or real numbers of variance 1 (Gaussian)",
    )

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("RBM", x[1], self.units, real=self.sees == "real")

    def forward(self, use: Use) -> str:
        """Only what is read: hidden units, what they would see, how low the free energy is."""
        x, machine = use.inputs["input"], use.module
        hidden = f"{machine}({x})"
        parts = {
            "hidden": hidden,
            "visible": f"{machine}.visible({hidden})",
            "energy": f"{machine}.free_energy({x})",
        }
        return ", ".join(text for port, text in parts.items() if port in use.read) or hidden

    def targets(self, names: Mapping[str, str]) -> str:
        """Only what is read has a name."""
        return ", ".join(name for name in names.values() if name != "_")

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Of the hidden units."""
        return prod(inputs[0]) * self.units


class Hopfield(Layer):
    """A memory that completes what it is given to the stored pattern most like it: learned, or led to it."""

    category: ClassVar = "Memory and energy"
    icon: ClassVar = "psychology"
    aliases: ClassVar = "modern Hopfield network, associative memory, dense associative memory, retrieval"
    reference: ClassVar = "Ramsauer et al. (2021), Hopfield networks is all you need"
    formula: ClassVar = r"\xi \leftarrow X\, \text{softmax}(\beta X^\top \xi)"
    optional: ClassVar = ("patterns",)
    outputs: ClassVar = ("output", "weights")
    axes: ClassVar = (*VECTOR, "batch × steps × features")
    example: ClassVar = ((2, 8),)
    patterns: int = Field(
        32, ge=1, le=10_000_000, description="How many are learned, where none are led to it"
    )
    beta: float | None = Field(
        None, gt=0, le=1e6, description="Sharpness: high, and one pattern alone is found; empty: 1/√features"
    )
    iterations: int = Field(1, ge=1, le=100, description="How often the state is updated")

    def module(self, *shapes: Shape) -> Call:
        """Of ours; it learns patterns where none are given."""
        count = 0 if len(shapes) > 1 else self.patterns
        return call("Hopfield", shapes[0][-1], patterns=count, beta=self.beta, iterations=self.iterations)

    def refuses(self, *shapes: Shape) -> str:
        """Patterns have the features of the state."""
        if len(shapes) > 1 and (len(shapes[1]) != 3 or shapes[1][-1] != shapes[0][-1]):
            return f"patterns must be batch × patterns × {shapes[0][-1]} features. Got {written(shapes[1])}."
        return ""


class HopfieldNetwork(Layer):
    """The classic memory of units that are −1 or 1, and turn until their energy is lowest; Hebb's rule stores in it."""

    category: ClassVar = "Memory and energy"
    icon: ClassVar = "memory"
    aliases: ClassVar = (
        "classic Hopfield network, Hebbian learning, Hebb, associative memory, attractor, spin glass"
    )
    reference: ClassVar = (
        "Hopfield (1982), Neural networks and physical systems with emergent collective abilities"
    )
    formula: ClassVar = (
        r"s \leftarrow \text{sign}(W s),\quad W = \frac{1}{N} \sum_p x_p x_p^\top - \text{diag}"
    )
    axes: ClassVar = VECTOR
    iterations: int = Field(5, ge=1, le=1000, description="How often all units turn")

    def module(self, x: Shape) -> Call:
        """Of ours; it has stored nothing yet."""
        return call("HopfieldNetwork", x[1], iterations=self.iterations)


class SOM(Layer):
    """A map of prototypes on a grid, of which neighbours become alike: how far each is from the input, squared."""

    category: ClassVar = "Memory and energy"
    icon: ClassVar = "map"
    aliases: ClassVar = (
        "self-organising map, self-organizing map, Kohonen, Kohonen map, winner, clustering, grid"
    )
    reference: ClassVar = "Kohonen (1982), Self-organized formation of topologically correct feature maps"
    formula: ClassVar = r"d_{rc} = \|x - w_{rc}\|^2"
    axes: ClassVar = VECTOR
    demo: ClassVar = {"rows": 3, "columns": 4}
    rows: int = Field(10, ge=1, le=10_000, description="Rows of the grid")
    columns: int = Field(10, ge=1, le=10_000, description="Columns of the grid")

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("SOM", x[1], self.rows, self.columns)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """A square for each feature of each prototype."""
        return prod(inputs[0]) * self.rows * self.columns


class VectorQuantizer(Layer):
    """Put the nearest vector of a learned code book in the place of each vector; gradients pass straight through."""

    category: ClassVar = "Memory and energy"
    icon: ClassVar = "data_array"
    aliases: ClassVar = "VQ-VAE, vector quantisation, codebook, code book, discrete latents, straight-through"
    reference: ClassVar = "van den Oord et al. (2017), Neural discrete representation learning"
    formula: ClassVar = r"y = e_k,\quad k = \arg\min_j \|x - e_j\|^2"
    outputs: ClassVar = ("output", "indices", "loss")
    axes: ClassVar = (*VECTOR, "batch × steps × features", "batch × channels × height × width")
    example: ClassVar = ((2, 8, 3, 3),)
    entries: int = Field(512, ge=1, le=10_000_000, description="How many vectors the code book has")
    commitment: float = Field(
        0.25,
        ge=0,
        le=100,
        description="How much the loss draws the input to the book, beside the book to the input",
    )

    def module(self, x: Shape) -> Call:
        """Of ours."""
        width = x[1] if len(x) == 4 else x[-1]
        return call("VectorQuantizer", width, self.entries, commitment=self.commitment)

    def window(self, x: Shape) -> Windows:
        """Each vector sees itself, its values one another."""
        return own_places(x, 1 if len(x) == 4 else len(x) - 1)
