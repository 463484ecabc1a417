"""Design: the project that settings stand for. What is played with is what Build opens, and what Train trains."""

from __future__ import annotations

from typing import Any

from builder.errors import BadFile, StrataError
from builder.files import load
from builder.graph import Graph, Node
from builder.project import Project
from builder.templates import UnknownTemplate, about, template
from engines.data.data import Data
from engines.data.playground import DrawnByHand
from engines.engine import engine_of
from engines.losses import Loss
from engines.optimisers import Optimiser
from engines.playground.playable import unplayable
from engines.playground.settings import FEATURES, Settings, data_kinds, painted, refused
from engines.supervised import Supervised

DATA = {"classification": "Disc", "regression": "Plane"}
LOSS = {"classification": "BinaryCrossEntropy", "regression": "MSE"}
RATE, BATCH, EPOCHS = 0.03, 10, 100
ENTERS = "features"
"""The node whose outputs enter the first layer of the simple network, where it is not the Input itself."""


def project_of(settings: Settings) -> Project:
    """The project that settings stand for.

    Raises:
        StrataError: it is not there, or does not learn from examples, or a setting does not suit it.
    """
    base = _base(settings)
    if why := unplayable(base):
        raise refused(why, "project", "Train it on its Train page, or choose another network.")
    engine = engine_of(base.engine)
    assert isinstance(engine, Supervised)
    return base.with_fields(
        data=_data(settings, base),
        engine=_engine(settings, engine),
        seed=base.seed if settings.seed is None else settings.seed,
    )


def simple(settings: Settings) -> bool:
    """Whether the network is the stack that is edited in the Playground itself."""
    return not (settings.template or settings.project)


def _base(settings: Settings) -> Project:
    if settings.template:
        return _template(settings.template)
    if settings.project:
        from engines.workspace import Workspace

        try:
            return load(Workspace().project_path(settings.project))
        except (StrataError, OSError, ValueError) as error:
            raise BadFile(f"There is no project {settings.project[:80]!r} to play with: {error}") from None
    kind = settings.loss or LOSS[settings.problem]
    engine = Supervised.parse(
        {
            "kind": "Supervised",
            "epochs": EPOCHS,
            "batch": BATCH,
            "loss": {"kind": kind},
            "optimiser": {"kind": "SGD", "lr": RATE},
        }
    )
    kinds = data_kinds()
    name = kinds[settings.data or DATA[settings.problem]].title
    return Project(
        name=f"Playground: {name}", graphs={"model": stack(settings)}, engine=engine.dump(), seed=0
    )


def _template(name: str) -> Project:
    try:
        project, known = template(name), about(name)
    except UnknownTemplate:
        raise refused(
            f"There is no ready network {name!r}.", "template", "Choose one under “Play with”.", name
        ) from None
    if not (known.trains or unplayable(project)):
        raise refused(
            f"{known.title} comes without data, so there is nothing here to train it on.",
            "template",
            "Choose another network, or open it in Build and choose its data.",
            name,
        )
    return project


def stack(settings: Settings) -> Graph:
    """The simple network: features, hidden layers with their activation, one output."""
    nodes = _features(settings.features)
    last = nodes[-1].id
    for number, units in enumerate(settings.layers, 1):
        hidden = Node(id=f"hidden{number}", kind="Linear", config={"units": units}, inputs={"input": last})
        last = f"{settings.activation.lower()}{number}"
        nodes += [hidden, Node(id=last, kind=settings.activation, inputs={"input": hidden.id})]
    nodes.append(Node(id="answer", kind="Linear", config={"units": 1}, inputs={"input": last}))
    nodes.append(Node(id="output", kind="Output", inputs={"input": "answer"}))
    return Graph(nodes=tuple(nodes))


def _features(names: tuple[str, ...]) -> list[Node]:
    """The Input, and the nodes that make the features of it, the last of which has them all."""
    point = Node(id="point", kind="Input", config={"shape": [2]})
    if names == ("x1", "x2"):
        return [point]
    nodes, made = [point], []
    for place in sorted({place for name in names for place in FEATURES[name][2]}):
        config = {"start": place, "stop": place + 1}
        nodes.append(Node(id=f"x{place + 1}", kind="Slice", config=config, inputs={"input": "point"}))
    for name in names:
        _, formula, of = FEATURES[name]
        made.append(name)
        if formula != "x":
            ports = {port: f"x{place + 1}" for port, place in zip("xy", of, strict=False)}
            nodes.append(Node(id=name, kind="Formula", config={"expression": formula}, inputs=ports))
    if len(made) > 1:
        inputs = {f"input{number}": name for number, name in enumerate(made, 1)}
        nodes.append(Node(id=ENTERS, kind="Concatenate", inputs=inputs))
    return nodes


def _data(settings: Settings, base: Project) -> dict[str, Any]:
    """The data that are learned: those chosen, or the network's own."""
    if settings.data is None and not simple(settings):
        return base.data
    kind = data_kinds()[settings.data or DATA[settings.problem]]
    if kind is DrawnByHand:
        source = kind(problem=settings.problem, points=tuple(painted(settings.points)))
    else:
        source = kind(samples=settings.samples, noise=settings.noise, seed=settings.draw)
    data = Data(source=source, test=settings.test, validation=0.0, scaling="none")
    return data.model_dump(mode="json")


def _engine(settings: Settings, engine: Supervised) -> dict[str, Any]:
    """How it learns: the network's own settings, but for those that were made here."""
    told = engine.dump()
    if settings.loss is not None:
        told["loss"] = Loss.parse({"kind": settings.loss}).dump()
    if settings.optimiser is not None and settings.optimiser != engine.optimiser.kind:
        told["optimiser"] = Optimiser.parse({"kind": settings.optimiser}).dump()
    if settings.lr is not None:
        told["optimiser"]["lr"] = settings.lr
    if settings.batch is not None:
        told["batch"] = settings.batch
    if settings.penalty is not None:
        told["l1"] = settings.rate if settings.penalty == "L1" else 0.0
        if "weight_decay" in told["optimiser"]:
            told["optimiser"]["weight_decay"] = settings.rate if settings.penalty == "L2" else 0.0
        elif settings.penalty == "L2":
            raise refused(
                f"{settings.optimiser} knows no L2 regularisation.", "penalty", "Take L1, or SGD or Adam."
            )
    return engine_of(told).dump()
