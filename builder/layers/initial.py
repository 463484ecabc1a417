"""How weights start, shown and changeable at every layer that has some."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Layer

Initial = Literal[
    "PyTorch", "Xavier uniform", "Xavier normal", "He uniform", "He normal", "LeCun normal", "orthogonal", "normal",
    "truncated normal", "zeros",
]  # fmt: skip
_STATEMENTS: dict[str, str] = {
    "Xavier uniform": "nn.init.xavier_uniform_({})",
    "Xavier normal": "nn.init.xavier_normal_({})",
    "He uniform": 'nn.init.kaiming_uniform_({}, nonlinearity="relu")',
    "He normal": 'nn.init.kaiming_normal_({}, nonlinearity="relu")',
    "LeCun normal": 'nn.init.kaiming_normal_({}, nonlinearity="linear")',
    "orthogonal": "nn.init.orthogonal_({})",
    "normal": "nn.init.normal_({}, std=SPREAD)",
    "truncated normal": "nn.init.trunc_normal_({}, std=SPREAD)",
    "zeros": "nn.init.zeros_({})",
}


class _Weighted(Layer):
    """A layer with weights; a start that is chosen sets its constants (biases) to zero."""

    rare: ClassVar[tuple[str, ...]] = ("initial", "initial_std")
    governed: ClassVar = {"initial_std": ("initial", ("normal", "truncated normal"))}
    whole: ClassVar[bool] = False
    """Whether the module has weights of several names: all matrices start alike."""
    initial: Initial = Field(
        "PyTorch",
        description="Initial weights: how they start (Glorot, Kaiming …); any but PyTorch's sets constants to zero",
    )
    initial_std: float = Field(
        0.02, gt=0, le=10, description="Initial spread: standard deviation of normal initial weights"
    )

    def prepare(self, module: str) -> tuple[str, ...]:
        """One statement a weight, or a loop over all; no argument of a block can be called `_name` or `_weight`."""
        if self.initial == "PyTorch":
            return ()
        statement = _STATEMENTS[self.initial].replace("SPREAD", repr(self.initial_std))
        if self.whole:
            return (
                f"for _name, _weight in {module}.named_parameters():",
                "    if _weight.ndim > 1:",
                f"        {statement.format('_weight')}",
                '    elif "bias" in _name:',
                "        nn.init.zeros_(_weight)",
            )
        constants = (f"nn.init.zeros_({module}.bias)",) if getattr(self, "bias", False) else ()
        return (statement.format(f"{module}.weight"), *constants)
