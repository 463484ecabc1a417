"""Every page in every state that a person can meet, run by Streamlit's own test runner."""

import pytest

import builder
from builder.graph import Graph, Node
from builder.project import Project
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from tests.pages.seen import Open, button, choose, keyed, project_of, saved, words

PROJECT_PAGES = ("build", "data", "train", "inspect", "landscape", "export")


def test_start_offers_every_template(open_page: Open) -> None:
    test = open_page("start")
    assert not test.exception
    shown = words(test)
    assert all(builder.template(name).name in shown for name in builder.templates())


@pytest.mark.parametrize("page", PROJECT_PAGES)
def test_pages_without_a_project_say_what_to_do(open_page: Open, page: str) -> None:
    test = open_page(page)
    assert not test.exception
    assert "No project is open" in words(test)
    assert button(test, "Choose a network")


@pytest.mark.parametrize("page", PROJECT_PAGES)
@pytest.mark.parametrize("id", ["nothing-here", "../../etc/passwd", "UPPER", "<script>alert(1)</script>"])
def test_unknown_ids_show_a_friendly_page(open_page: Open, page: str, id: str) -> None:
    test = open_page(page, project=id)
    assert not test.exception
    assert "There is no project" in words(test)


@pytest.mark.parametrize("page", PROJECT_PAGES)
def test_unknown_runs_show_a_friendly_page(open_page: Open, page: str) -> None:
    test = open_page(page, project=saved(builder.template("digits-mlp")), run="000009-none")
    assert not test.exception
    assert "There is no run" in words(test)


@pytest.mark.parametrize("page", PROJECT_PAGES)
def test_a_damaged_file_is_told(open_page: Open, page: str) -> None:
    (Workspace().projects / "broken.json").write_text('{"strata": 1, "graphs": 7}')
    test = open_page(page, project="broken")
    assert not test.exception
    assert "damaged" in words(test)


@pytest.mark.parametrize("page", PROJECT_PAGES)
@pytest.mark.parametrize(
    "project",
    [
        builder.template("digits-cnn"),
        builder.template("resnet-18"),
        Project(name="Empty"),
        Project(name="Unknown layer", graphs={"model": Graph(nodes=(Node(id="a", kind="Teleport"),))}),
        Project(name="Odd settings", data={"source": {"kind": "Nowhere"}}, engine={"kind": "Alchemy"}),
        Project(
            name="**[x](http://example.com)** ![x](http://example.com/a.png) <img src=x onerror=alert(1)>" * 1
        ),
    ],
    ids=lambda project: project.name[:12],
)
def test_pages_show_any_project(open_page: Open, page: str, project: Project) -> None:
    test = open_page(page, project=saved(project))
    assert not test.exception


def test_a_problem_is_mended_with_one_click(open_page: Open) -> None:
    nodes = (
        Node(id="image", kind="Input", config={"shape": [1, 8, 8]}),
        Node(id="norm", kind="BatchNorm1d", inputs={"input": "image"}),
        Node(id="flat", kind="Flatten", inputs={"input": "norm"}),
        Node(id="out", kind="Output", inputs={"input": "flat"}),
    )
    test = open_page("build", project=saved(Project(graphs={"model": Graph(nodes=nodes)})))
    assert button(test, "Show norm")
    fix = next(one for one in test.button if "BatchNorm2d" in one.label)
    fix.click().run()
    assert not test.exception
    assert project_of().graph["norm"].kind == "BatchNorm2d"
    assert not builder.check(project_of().graph)
    test.session_state["table"] = True
    button(test.run(), "Undo").click().run()
    assert project_of().graph["norm"].kind == "BatchNorm1d"
    button(test, "Redo").click().run()
    assert project_of().graph["norm"].kind == "BatchNorm2d"


def test_every_edit_is_on_the_disk_at_once(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    choose(test, "linear1")
    next(one for one in test.number_input if one.label == "Units").set_value(48).run()
    assert project_of().graph["linear1"].config["units"] == 48
    test = open_page("build", project="mine")
    choose(test, "linear1")
    assert next(one for one in test.number_input if one.label == "Units").value == 48


def test_a_node_is_added_behind_the_chosen_one(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    test.session_state["table"] = True
    choose(test, "relu1")
    test.selectbox(key="add category").select("Regularisation").run()
    button(test, "Add after relu1").click().run()
    graph = project_of().graph
    assert graph["dropout1"].inputs == {"input": "relu1"}
    assert graph["linear2"].inputs == {"input": "dropout1"}
    assert not builder.check(graph)


def test_a_removed_node_leaves_a_whole_chain(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    choose(test, "relu1")
    keyed(test, "relu1 remove").click().run()
    assert "relu1" not in project_of().graph
    assert project_of().graph["linear2"].inputs == {"input": "linear1"}


def test_a_name_in_use_is_refused_and_the_node_stays_chosen(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    choose(test, "linear2")
    next(one for one in test.text_input if one.value == "linear2").set_value("linear1").run()
    assert "There is a node 'linear1' already" in words(test)
    assert [one.value for one in test.text_input if one.label == "Name"][-1] == "linear1", "to be mended"
    assert "linear2** · Linear" in words(test).replace("\\", "")


def test_new_projects_are_numbered(open_page: Open) -> None:
    for _ in range(2):
        button(open_page("start"), "New project").click().run()
    names = {builder.load(path).name for path in Workspace().projects.glob("*.json")}
    assert names == {"New project", "New project 2"}


def test_a_loss_that_does_not_suit_is_changed_with_one_click(open_page: Open) -> None:
    from pages.parts import lifespan

    lifespan.warm.set()
    project = builder.template("spiral-mlp").with_fields(data={"source": {"kind": "Diabetes"}})
    nodes = (
        Node(id="row", kind="Input", config={"shape": [10]}),
        Node(id="linear", kind="Linear", config={"units": 1}, inputs={"input": "row"}),
        Node(id="out", kind="Output", inputs={"input": "linear"}),
    )
    test = open_page("train", project=saved(project.with_graph(Graph(nodes=nodes))))
    assert "does not suit regression" in words(test)
    button(test, "Take Mean squared error").click().run()
    assert project_of().engine["loss"] == {"kind": "MSE"}
    assert "does not suit" not in words(test) and not test.exception


def test_a_diverged_run_offers_to_train_again(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the present settings, after the paused run has been stopped; its own settings stand in its line."""
    monkeypatch.setattr(Run, "start", lambda run: None)
    monkeypatch.setattr(
        Run,
        "send",
        lambda run, command: run.report(Status(state="stopped" if command == "stop" else "running")),
    )
    project = builder.template("digits-mlp").with_fields(engine={"kind": "Supervised", "batch": 77})
    run = Workspace().start(project, saved(project.with_fields(engine={"kind": "Supervised", "batch": 33})))
    run.report(Status(state="paused", message="The loss stopped being a finite number at step 8."))
    test = open_page("train", project="mine")
    assert "batch 77" in words(test) and not test.exception
    assert button(test, "Resume").key == "run resume"
    button(test, "Train again").click().run()
    assert run.status().state == "stopped"
    newest = Workspace().list_runs("mine")[0]
    assert newest.id != run.id and newest.project.engine["batch"] == 33
    assert "batch 33" in words(test)


def test_a_bad_name_is_refused_with_its_reason(open_page: Open) -> None:
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear3")
    next(one for one in test.text_input if one.label == "Name" and one.value == "linear3").set_value(
        "import"
    ).run()
    assert not test.exception
    assert "must not be" in words(test)
    assert "linear3" in project_of().graph


def test_engine_settings_are_refused_or_saved(open_page: Open) -> None:
    test = open_page("train", project=saved(builder.template("digits-mlp")))
    next(one for one in test.number_input if one.label == "Epochs").set_value(7).run()
    assert project_of().engine["epochs"] == 7
    next(one for one in test.number_input if one.label == "Learning rate").set_value(0.0).run()
    assert "lr must be in (0, 1000]. Got 0.0" in words(test)
    assert project_of().engine.get("optimiser", {}).get("lr") != 0
    next(one for one in test.selectbox if one.label == "Optimiser").select("SGD").run()
    assert project_of().engine["optimiser"]["kind"] == "SGD"
    assert not test.exception


def test_what_cannot_be_trained_is_told_and_not_started(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.parts import lifespan

    lifespan.warm.set()
    project = builder.template("spiral-mlp").with_fields(data={"source": {"kind": "Wine"}})
    test = open_page("train", project=saved(project))
    assert "must be 13" in words(test)
    test.button(key="train").click().run()
    assert "cannot be trained yet" in words(test)
    assert not Workspace().list_runs("mine")
    for _ in range(3):
        if fixes := [one for one in test.button if str(one.key).startswith("train fix")]:
            fixes[0].click().run()
    assert not test.exception
    assert project_of().graph["features"].config["shape"] == [13]


def test_data_settings_are_saved(open_page: Open) -> None:
    test = open_page("data", project=saved(builder.template("spiral-mlp")))
    next(one for one in test.number_input if one.label == "Arms").set_value(4).run()
    assert project_of().data["source"]["arms"] == 4
    assert "4 classes" in words(test)
    assert any("units" in one.label or "outputs" in one.label.lower() for one in test.button), (
        "the fix is offered"
    )
    next(one for one in test.selectbox if one.label == "Source").select("Wine").run()
    assert not test.exception
    assert project_of().data["source"]["kind"] == "Wine"


def test_the_address_names_no_network_that_is_not_there(open_page: Open) -> None:
    graphs = {"generator": Graph(), "critic": Graph()}
    saved(Project(graphs=graphs))
    assert open_page("build", project="mine", role="critic").query_params["role"] == "critic"
    test = open_page("build", project="mine", role="zzz")
    assert "role" not in test.query_params and not test.exception


def test_more_memory_than_there_is_is_warned_of_and_mended(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = builder.template("digits-cnn")
    most = builder.summary(project.graph).training_bytes(8)
    monkeypatch.setattr("engines.room.machine_bytes", lambda: most)
    monkeypatch.setattr("pages.parts.lifespan.warm.is_set", lambda: True)
    test = open_page("train", project=saved(project))
    assert "of memory at a batch of" in words(test)
    button(test, "Make the batch 8").click().run()
    assert project_of().engine["batch"] == 8 and "of memory at a batch of" not in words(test)
