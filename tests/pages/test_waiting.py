"""Waiting for what is computed aside: how far it is, how it is stopped, and what goes wrong."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.seen import button, words
from tests.tiny import until


def page(function: str, *args: object) -> None:
    import streamlit as st

    from pages.parts.waiting import waiting

    found = waiting("here", f"tests.engines.test_aside:{function}", *args, label="Counting", partial=st.text)
    if found is not None:
        st.markdown(f"It is {found}")


def opened(function: str, *args: object) -> AppTest:
    return AppTest.from_function(page, args=(function, *args), default_timeout=60).run()


def shown(test: AppTest, what: str) -> AppTest:
    """The page once it says so."""
    until(lambda: what in words(test.run()))
    assert not test.exception
    return test


@pytest.mark.usefixtures("workspace")
def test_a_result_takes_the_place_of_its_progress() -> None:
    test = opened("slowly", 60)
    until(lambda: test.run().text)  # partial results
    progress = test.get("progress")[0].proto  # type: ignore[attr-defined]
    assert progress.text.startswith("Counting · Step ") and 0 < progress.value < 100
    test = shown(test, "It is all 60")
    assert not test.get("progress") and not test.button


@pytest.mark.usefixtures("workspace")
def test_it_can_be_stopped_and_begun_again() -> None:
    test = opened("slowly", 3000)
    until(lambda: test.run().text)
    button(test, "Stop").click().run()  # type: ignore[attr-defined]
    assert "Counting: stopped." in words(test) and not test.get("progress")
    button(test, "Begin again").click().run()  # type: ignore[attr-defined]
    assert test.get("progress") and not test.exception
    button(test, "Stop").click().run()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("workspace")
def test_what_goes_wrong_is_told() -> None:
    test = opened("refuse")
    until(lambda: test.run().error)
    assert "This network has no images." in words(test)
    began = time.monotonic()
    test = shown(test.run(), "no images")
    assert time.monotonic() - began < 5 and button(test, "Try again")


@pytest.mark.usefixtures("workspace")
def test_other_arguments_let_the_old_ones_go() -> None:
    test = opened("slowly", 3000)
    task = test.session_state["waiting here"][1]
    test.session_state["waiting here"] = (("other", (), {}), task)
    test.run()
    assert task.state == "stopped" and test.session_state["waiting here"][1] is not task
    button(test, "Stop").click().run()  # type: ignore[attr-defined]
