"""Lines of source that fit the page."""

import re

WIDTH = 100
SIGNS = (", ", " + ", " * ", " @ ")


def fitted(line: str, comment: str = "") -> list[str]:
    """The line with its comment if there is room; over several lines, as formatters break it, if it is too long."""
    commented = f"{line}  # {comment}"
    return [commented] if comment and len(commented) <= WIDTH else _broken(line)


def _broken(line: str) -> list[str]:
    """A statement or an argument, its outermost brackets opened; in new ones where it has a sign outside of them."""
    if len(line) <= WIDTH:
        return [line]
    body = line.lstrip()
    indent = line[: -len(body)]
    start = len(re.match(r"[)\]}]+|return |(?:[^=]+ = )?", body)[0])  # type: ignore[index]
    before, expression, end = body[:start], body[start:].removesuffix(","), "," * body.endswith(",")
    for sign in SIGNS:
        if len(parts := split(expression, sign)) > 1:
            return [f"{indent}{before}(", *_rows(indent + "    ", parts, sign), f"{indent}){end}"]
    opening = min((expression.index(bracket) for bracket in "([{" if bracket in expression), default=-1)
    closing = _closing(expression, opening)
    if closing - opening < 2:
        return [line]
    inside = split(expression[opening + 1 : closing])
    each = split(expression[opening + 1 : closing], " for ")
    head, tail = f"{indent}{before}{expression[: opening + 1]}", f"{indent}{expression[closing:]}{end}"
    rows = _generated(indent + "    ", *each) if len(each) == 2 else _rows(indent + "    ", inside)
    return [head, *rows, *_broken(tail)]


def _generated(indent: str, made: str, clause: str) -> list[str]:
    """The inside of a generator's brackets, behind which no comma may stand."""
    row = f"{indent}{made} for {clause}"
    return [row] if len(row) <= WIDTH else [*_broken(indent + made), f"{indent}for {clause}"]


def _rows(indent: str, parts: list[str], sign: str = ", ") -> list[str]:
    row = indent + sign.join(parts)
    if len(row) <= WIDTH:
        return [row]
    if sign != ", ":
        return [indent + parts[0], *(f"{indent}{sign.lstrip()}{part}" for part in parts[1:])]
    comma = "" if len(parts) == 1 and parts[0].startswith("*") else ","
    return [line for part in parts for line in _broken(f"{indent}{part}{comma}")]


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(max(opening, 0), len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place
    return opening


def split(text: str, sign: str = ", ") -> list[str]:
    """The parts between signs that lie outside all brackets."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and text.startswith(sign, place):
            parts.append(text[start:place])
            start = place + len(sign)
    return [part for part in (*parts, text[start:]) if part]
