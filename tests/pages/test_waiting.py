"""Waiting for what is computed beside the server: how far it is, how it is stopped, and what goes wrong."""

import gc
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.seen import button, words
from tests.tiny import until


def page(function: str, arguments: dict[str, object]) -> None:
    import streamlit as st

    from pages.parts.waiting import waiting

    found = waiting("here", f"tests.asides:{function}", preview=st.json, **arguments)
    if found is not None:
        st.markdown(f"It is {found['steps']}")


def opened(function: str, **arguments: object) -> AppTest:
    return AppTest.from_function(page, args=(function, arguments), default_timeout=60).run()


@pytest.mark.usefixtures("workspace")
def test_a_result_takes_the_place_of_its_progress() -> None:
    test = opened("stepwise", steps=60)
    until(lambda: test.run().json)  # what is known already
    progress = test.get("progress")[0].proto  # type: ignore[attr-defined]
    assert progress.text.startswith("Step ") and 0 < progress.value < 100
    until(lambda: "It is 60" in words(test.run()))
    assert not test.exception and not test.get("progress") and not test.button


@pytest.mark.usefixtures("workspace")
def test_it_can_be_stopped_and_begun_again() -> None:
    test = opened("stepwise", steps=3000)
    until(lambda: test.run().json)
    button(test, "Stop").click().run()  # type: ignore[attr-defined]
    assert "This was stopped." in words(test) and not test.get("progress")
    assert test.json, "what was known stays in sight"
    button(test, "Compute it again").click().run()  # type: ignore[attr-defined]
    assert test.get("progress") and not test.exception
    button(test, "Stop").click().run()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("workspace")
def test_what_goes_wrong_is_told_and_not_tried_at_each_run() -> None:
    test = opened("refused")
    until(lambda: "Got nothing. Give more." in words(test.run()))
    task = test.session_state["waiting here"].task
    assert "Give more" in words(test.run()) and test.session_state["waiting here"].task is task


@pytest.mark.usefixtures("workspace")
def test_other_arguments_let_the_old_ones_go() -> None:
    test = opened("stepwise", steps=3001)
    task = test.session_state["waiting here"].task
    test.session_state["waiting here"] = SimpleNamespace(call="other", arguments={}, task=task)
    test.run()
    assert task.state == "stopped" and test.session_state["waiting here"].task is not task
    button(test, "Stop").click().run()  # type: ignore[attr-defined]


def leaving(asks: bool) -> None:
    from pages.parts.waiting import let_go, waiting

    if asks:
        waiting("there", "tests.asides:stepwise", steps=3002)
    let_go()


@pytest.mark.usefixtures("workspace")
def test_what_a_page_no_longer_asks_for_is_let_go() -> None:
    test = AppTest.from_function(leaving, args=(True,), default_timeout=60).run()
    task = test.session_state["waiting there"].task
    test.run()
    assert task.state in ("waiting", "working") and test.session_state["waiting there"].task is task
    test.args = (False,)
    test.run()
    assert task.state == "stopped" and "waiting there" not in test.session_state


@pytest.mark.usefixtures("workspace")
def test_what_a_tab_asked_for_that_is_gone_is_let_go() -> None:
    test = opened("stepwise", steps=3003)
    task = test.session_state["waiting here"].task
    del test.session_state["waiting here"]
    gc.collect()
    until(lambda: task.state == "stopped")


def asking(file: str) -> None:
    import streamlit as st

    from pages.parts.waiting import latest

    turn = st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    st.json(latest("there", "tests.asides:counted", 0.0, file=f"{file}{turn}") or {})


@pytest.mark.usefixtures("workspace")
def test_what_is_asked_for_again_and_again_is_one_at_a_time_and_none_is_lost(tmp_path: Path) -> None:
    test = AppTest.from_function(asking, args=(str(tmp_path / "turn"),), default_timeout=60).run()
    first = test.session_state["waiting there"]
    assert test.run().session_state["waiting there"] is first, "though it would ask for something else by now"
    until(lambda: first.task.over)
    assert '"calls"' in test.run().json[0].value
    assert test.session_state["waiting there"] is not first and not test.exception
