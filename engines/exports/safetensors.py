"""Weights alone, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from engines.exports.export import Export, as_trained, strata

if TYPE_CHECKING:
    from engines.trained import Trained


class Safetensors(Export):
    """The weights alone, by name, in a file that can hold nothing that runs, for the network's Python source."""

    icon: ClassVar = "scale"
    suffix: ClassVar = ".safetensors"
    needs: ClassVar = "safetensors, and the network's source"

    def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
        """One tensor for each entry of the module's state_dict."""
        path.write_bytes(weights(trained))
        return as_trained(trained)


def weights(trained: Trained) -> bytes:
    """The network's state_dict as a safetensors file that says which graph it belongs to."""
    from safetensors.torch import save

    tensors = {
        name: tensor.detach().cpu().clone().contiguous()
        for name, tensor in trained.module.state_dict().items()
    }
    about = {"format": "pt", "name": trained.project.name, "graph": trained.graph.digest, "strata": strata()}
    return save(tensors, about)
