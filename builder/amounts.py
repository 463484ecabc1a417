"""Memory as people read it, and how many examples train at once where nobody says."""

from builder.project import Project

USUAL_BATCH = 64
"""Examples in each step of training, unless a project says otherwise."""
TRAINING = "weights, gradients, Adam's two moments, and the activations that are kept"
"""What the memory of training counts."""


def size(number: float | None) -> str:
    """Bytes in the unit that suits them: 102 MB, of a million bytes each."""
    if number is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 999.5:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.3g} TB" if number < 999.5 else f"{number:,.0f} TB"


def batch_of(project: Project) -> int:
    """How many examples a step of training takes."""
    batch = project.engine.get("batch")
    return batch if type(batch) is int and batch > 0 else USUAL_BATCH
