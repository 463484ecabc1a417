"""What somebody types, found among texts: beginnings of words first, titles first. Python alone, no Streamlit."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def found(words: Sequence[str], told: Mapping[Key, Sequence[str]]) -> dict[Key, int]:
    """Those whose texts have all the words, the best first, each with its place: the lower, the better.

    Args:
        words: in lower case; none finds all, in their order.
        told: the texts of each in lower case, its title first. What has a word only inside of another ("gan" in
            "began") is found if nothing else is; but the end of a title's word counts ("gan" in "dcgan").
    """
    places = {key: max((_place(word, texts) for word in words), default=0) for key, texts in told.items()}
    last = max(map(len, told.values()), default=0) + 1
    worst = last if any(place < last for place in places.values()) else last + 1
    return dict(sorted(((key, at) for key, at in places.items() if at < worst), key=lambda pair: pair[1]))


def _place(word: str, texts: Sequence[str]) -> int:
    """The first text with a word that begins so; the second place is for the end of one in the title."""
    begins = re.compile(rf"(?<!\w){re.escape(word)}")
    first, *rest = texts
    if begins.search(first):
        return 0
    if re.search(rf"{re.escape(word)}(?!\w)", first):
        return 1
    for place, text in enumerate(rest, 2):
        if begins.search(text):
            return place
    return len(texts) + 1 + (not any(word in text for text in texts))


def best_first(groups: Mapping[str, Iterable[Key]], places: Mapping[Key, int]) -> dict[str, list[Key]]:
    """Groups with those of their members that were found; the group of the best first, and in each the best."""
    kept = {name: sorted((one for one in members if one in places), key=places.__getitem__)
            for name, members in groups.items()}  # fmt: skip
    return dict(
        sorted(((name, some) for name, some in kept.items() if some), key=lambda pair: places[pair[1][0]])
    )
