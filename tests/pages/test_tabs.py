"""Two tabs on one project: each edit is made to the newest state, and none is lost."""

import threading
from collections.abc import Callable
from pathlib import Path

import builder
from builder.edits import SetConfig
from pages.parts import state
from pages.parts.documents.document import document
from tests.pages.seen import Open, button, choose, field, project_of, saved, words


def test_a_stale_tab_overwrites_nothing(open_page: Open) -> None:
    """Its edit is made to what another tab has saved meanwhile; what it would take back is refused, and told."""
    first = open_page("build", project=saved(builder.template("digits-mlp")))
    stale = open_page("build", project="mine")
    for test in (first, stale):
        test.session_state["table"] = True
        choose(test, "linear1")
    field(first.number_input, "Units").set_value(44).run()
    field(stale.toggle, "Bias").set_value(False).run()
    config = project_of().graph["linear1"].config
    assert (config["units"], config["bias"]) == (44, False)
    assert "another tab" in stale.toast[0].value and not stale.exception
    field(first.number_input, "Units").set_value(45).run()
    assert project_of().graph["linear1"].config["bias"] is False
    button(stale, "Undo").click().run()
    assert project_of().graph["linear1"].config == {**config, "units": 45}
    assert "nothing was undone" in words(stale)


def test_settings_of_a_stale_tab_overwrite_nothing(open_page: Open) -> None:
    """Each field is saved by itself, also one inside another."""
    first = open_page("train", project=saved(builder.template("digits-mlp")))
    stale = open_page("train", project="mine")
    field(first.number_input, "Learning rate").set_value(0.02).run()
    field(first.number_input, "Epochs").set_value(3).run()
    field(stale.number_input, "Seed").set_value(9).run()
    assert (project_of().seed, project_of().engine["epochs"]) == (9, 3)
    stale = open_page("train", project="mine")
    field(first.number_input, "Learning rate").set_value(0.03).run()
    field(stale.number_input, "Weight decay").set_value(0.5).run()
    optimiser = project_of().engine["optimiser"]
    assert (optimiser["lr"], optimiser["weight_decay"]) == (0.03, 0.5)
    assert "another tab" in stale.toast[0].value and not stale.exception


def test_edits_at_the_same_moment_are_all_kept(workspace: Path) -> None:
    """However many tabs save at once, under the lock each one begins with what the one before has written."""
    one = document(saved(builder.template("digits-mlp")))
    tabs = [state.Opened(one, f"tab{number}") for number in range(6)]

    def edits(number: int) -> Callable[[], object]:
        node, name = f"linear{number % 3 + 1}", ("bias", "units")[number // 3]
        return lambda: tabs[number].edit(SetConfig(node=node, config={name: number}))

    threads = [threading.Thread(target=edits(number)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    graph = project_of().graph
    assert [graph[f"linear{n + 1}"].config for n in range(3)] == [
        {"units": n + 3, "bias": n} for n in range(3)
    ]
