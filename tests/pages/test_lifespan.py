"""What lives as long as the server: the places where modules are found."""

import sys

import pytest
from streamlit.runtime.scriptrunner.exec_code import modified_sys_path

from pages.parts.lifespan import _keep_scripts_in_reach
from pages.parts.routes import ROUTER


def test_a_rerun_moves_no_place_where_modules_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else another thread that imports at this moment may miss a module that is there."""
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one != str(ROUTER.parent)])
    _keep_scripts_in_reach()
    before = list(sys.path)
    assert before[-1] == str(ROUTER.parent)
    with modified_sys_path(str(ROUTER)):
        assert sys.path == before
