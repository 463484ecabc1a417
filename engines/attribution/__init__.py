"""Attribution: how much each part of an input counts for an answer, by several methods; and whether to trust them."""

from engines.attribution.method import Method, all_methods
from engines.attribution.question import Question
from engines.attribution.sanity import sanity

__all__ = ["Method", "Question", "all_methods", "sanity"]
