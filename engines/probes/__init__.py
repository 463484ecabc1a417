"""Probes: what can be read off a model at a step, a few numbers a layer, and arrays by node.

They look between two steps, some times a second, and change no bit of the training: nothing stays in the model, and
what they compute runs in evaluation mode and draws no random numbers.
"""

from engines.probes.look import Look
from engines.probes.probe import Probe, all_probes
from engines.probes.recording import Recording
from engines.probes.sight import Sight, read_at

__all__ = ["Look", "Probe", "Recording", "Sight", "all_probes", "read_at"]
