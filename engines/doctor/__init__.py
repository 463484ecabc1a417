"""The training doctor: what is wrong with a run, told from what was measured, and what would help."""

from engines.doctor.examine import examine, signs
from engines.doctor.symptom import Cure, Diagnosis, Figure, Symptom

__all__ = ["Cure", "Diagnosis", "Figure", "Symptom", "examine", "signs"]
