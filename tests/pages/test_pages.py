"""Every page in every state that a person can meet, run by Streamlit's own test runner."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import builder
from builder.graph import Graph, Node
from builder.project import Project
from engines.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
PROJECT_PAGES = ("build", "data", "train", "export")
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(workspace: Path) -> Open:
    """`open_page("train", project=id)`: the page as its URL shows it, as the first request of a session."""

    def opened(page: str, **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "pages/parts/router.py"), default_timeout=60)
        for name, value in query.items():
            test.query_params[name] = value
        return test.run() if page == "start" else test.switch_page(f"../../pages/{page}.py").run()

    return opened


def saved(project: Project, id: str = "mine") -> str:
    """The id of a project that lies in the home folder."""
    builder.save(project, Workspace().projects / f"{id}.json")
    return id


def project_of(id: str = "mine") -> Project:
    """What lies in the home folder."""
    return builder.load(Workspace().projects / f"{id}.json")


def button(test: AppTest, label: str) -> object:
    """The first button with this label."""
    return next(one for one in test.button if one.label == label)


def words(test: AppTest) -> str:
    """All texts of a page."""
    kinds = ("markdown", "caption", "error", "warning", "info", "subheader")
    return "\n".join(str(one.value) for kind in kinds for one in test.get(kind)).replace("\\", "")


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
    assert test.selectbox(key="node").value == "norm", "the node at fault is chosen"
    fix = next(one for one in test.button if "BatchNorm2d" in one.label)
    fix.click().run()
    assert not test.exception
    assert project_of().graph["norm"].kind == "BatchNorm2d"
    assert not builder.check(project_of().graph)
    button(test, "Undo").click().run()
    assert project_of().graph["norm"].kind == "BatchNorm1d"
    button(test, "Redo").click().run()
    assert project_of().graph["norm"].kind == "BatchNorm2d"


def test_every_edit_is_on_the_disk_at_once(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    test.selectbox(key="node").select("linear1").run()
    next(one for one in test.number_input if one.label == "Units").set_value(48).run()
    assert project_of().graph["linear1"].config["units"] == 48
    test = open_page("build", project="mine")
    test.selectbox(key="node").select("linear1").run()
    assert next(one for one in test.number_input if one.label == "Units").value == 48


def test_a_node_is_added_behind_the_chosen_one(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    test.selectbox(key="node").select("relu1").run()
    test.selectbox(key="add category").select("Regularisation").run()
    button(test, "Add after relu1").click().run()
    graph = project_of().graph
    assert graph["dropout1"].inputs == {"input": "relu1"}
    assert graph["linear2"].inputs == {"input": "dropout1"}
    assert not builder.check(graph)


def test_a_bad_name_is_refused_with_its_reason(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
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
