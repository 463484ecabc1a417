"""What Inspect asks about an example, of a network that is at hand or, beside the server, of a run by its folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from builder.errors import StrataError
from engines.aside import tell
from engines.attribution.method import Method, all_methods
from engines.attribution.question import Question
from engines.attribution.sanity import sanity

if TYPE_CHECKING:
    from engines.trained import Trained


def explained(trained: Trained, method: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """What counts for an answer by one method.

    Args:
        trained: the network.
        method: as `Method.dump` gives it.
        asked: of `Question.about`.

    Returns:
        relevance: float64, in the input's shape; score: of the example; nothing: of the method's baseline.

    Raises:
        StrataError: the network cannot be asked in this way, or the answer is no number.
    """
    import torch

    all_methods()
    question, chosen = Question.about(trained, **asked), Method.parse(method)
    found = _relevance(chosen, question)
    with torch.no_grad():
        base = question.baseline(getattr(chosen, "baseline", "zeros"))
        score, nothing = (float(question.score(one)[0]) for one in (question.start, base))
    return {"relevance": found, "score": score, "nothing": nothing}


def compared(trained: Trained, **asked: Any) -> dict[str, Any]:
    """What counts by each method that this network can be asked in, with its usual settings, by the method's name."""
    question, found = Question.about(trained, **asked), {}
    methods = all_methods()
    for number, (name, kind) in enumerate(methods.items()):
        tell(number / len(methods), kind.title)
        if not kind().obstacle(question):
            found[name] = _relevance(kind(), question)
    return found


def checked(trained: Trained, method: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """The sanity check of a method: `layers`, `alike`, `signed` and `maps` (see `Sanity`)."""
    all_methods()
    told = sanity(Method.parse(method), Question.about(trained, **asked))
    return {"layers": told.layers, "alike": told.alike, "signed": told.signed, "maps": told.maps}


def of_run(wish: str, folder: str, checkpoint: int, at: int | None, **asked: Any) -> dict[str, Any]:
    """One of these by its name, of a run's moment; to be called aside."""
    from engines.trained import at_moment

    tell(0.0, "Loading the network and its data")
    return WISHES[wish](at_moment(folder, checkpoint, at), **asked)


WISHES: dict[str, Callable[..., dict[str, Any]]] = {
    "explained": explained, "compared": compared, "checked": checked,
}  # fmt: skip


def _relevance(method: Method, question: Question) -> np.ndarray:
    if why := method.obstacle(question):
        raise StrataError(why)
    try:
        found = np.asarray(method.relevance(question).double().cpu().numpy())
    except RuntimeError as error:
        raise StrataError(
            f"{method.title} cannot ask this network: {error}. Try Occlusion, which only tries."
        ) from None
    if not np.isfinite(found).all():
        raise StrataError(
            "What counts is no number here: the network's weights are too large, or its gradients. Look at an earlier "
            "moment, or train it with a smaller learning rate."
        )
    return found
