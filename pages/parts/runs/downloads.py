"""The history of runs as files to take away; made when they are asked for."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from builder.errors import StrataError
from engines.exports.history import History, file_name, packed
from engines.runs.run import Run
from pages.parts.words import plain


def downloads(runs: Sequence[Run], key: str) -> None:
    """A button for each format.

    Args:
        runs: whose history it is; of several it is a zip.
        key: what the keys of the buttons end with.
    """
    for kind in History.registry.values():
        st.download_button(
            plain(kind.title),
            partial(_made, runs, kind.name()),
            file_name(runs, kind.name()),
            key=f"history {kind.name()} {key}",
            icon=f":material/{kind.icon}:",
            on_click="ignore",
            type="tertiary",
            help=f"{plain(kind.help())} For {plain(kind.needs)}",
        )


def _made(runs: Sequence[Run], to: str) -> bytes:
    """The file; of a run that was deleted or damaged meanwhile, a text that says so."""
    try:
        return packed(runs, to)
    except (StrataError, OSError) as error:
        return str(error).encode()
