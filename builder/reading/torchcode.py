"""Networks written in PyTorch: a module followed by torch.fx or torch.export, or a program of torch.export."""

import inspect
import operator
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.reading.draft import Draft, Flow
from builder.reading.following import is_plain, quiet, varying_sizes
from builder.reading.machine import Machine
from builder.reading.rules.modules import told

if TYPE_CHECKING:
    import torch
    from torch import fx, nn
    from torch.export import ExportedProgram

IN_PLACE = {"iadd", "isub", "imul", "itruediv", "iand", "ior"}
WRAPPED = {"wrap_with_set_grad_enabled", "wrap_with_autocast"}
"""Operators of torch.export that run a part of the program; what surrounds it changes no answer."""


def symbolic(module: "nn.Module", example: "Sequence[torch.Tensor]") -> "tuple[fx.Graph, nn.Module]":
    """How torch.fx follows a module."""
    from torch import fx

    class Whole(fx.Tracer):
        """Keeps the layers of torch.nn whole that are layers here."""

        def is_leaf_module(self, m: "nn.Module", module_qualified_name: str) -> bool:
            return is_plain(m) and told(m, ()) is not None

    optional = {
        name: one.default
        for name, one in [*inspect.signature(module.forward).parameters.items()][len(example) :]
        if one.default is not inspect.Parameter.empty
    }
    with quiet(), varying_sizes():
        return Whole().trace(module, optional or None), module


def traced(module: "nn.Module", example: "Sequence[torch.Tensor]") -> "tuple[fx.Graph, nn.Module]":
    """How torch.export follows a module."""
    import torch

    with quiet():
        made = exported(torch.export.export(module, tuple(example), strict=False))
    return made.graph, made


def exported(program: "ExportedProgram") -> "fx.GraphModule":
    """The operators of a program, its weights where the code had them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module: Any = program.module(check_guards=False)
    return module


def sizes_of(module: "fx.GraphModule") -> "tuple[torch.Tensor, ...]":
    """Examples for the inputs of a program, with two rows where their number is free."""
    import torch

    generator = torch.Generator().manual_seed(0)
    made = []
    for node in module.graph.nodes:
        if node.op == "placeholder":
            value = node.meta.get("val")
            if not isinstance(value, torch.Tensor):
                raise BadFile(f"Input {node.target!r} of the program is no tensor.")
            shape = [side if isinstance(side, int) else 2 if not place else int(side.node.hint)
                     for place, side in enumerate(value.shape)]  # fmt: skip
            if value.is_floating_point():
                made.append(torch.randn(shape, generator=generator).to(value.dtype))
            else:
                made.append(torch.randint(0, 2, shape, generator=generator).to(value.dtype))
    return tuple(made)


def walked(machine: Machine, graph: "fx.Graph", module: "nn.Module", flows: Sequence[Any]) -> Any:
    """Run and draw all operators of a graph, given what flows in; what comes out."""
    import torch

    waiting = [*flows]
    known: dict[Any, Any] = {}
    for node in graph.nodes:
        if node.op == "placeholder":
            known[node] = waiting.pop(0) if waiting else (node.args[0] if node.args else None)
            continue
        arguments, options = _given(node.args, known), _given(node.kwargs, known)
        if node.op == "output":
            machine.refuse_spoiled(arguments)
            return arguments[0]
        _placed(machine.draft, node)
        if node.op == "get_attr":
            known[node] = value = operator.attrgetter(node.target)(module)
            if isinstance(value, torch.Tensor):
                learned = isinstance(value, torch.nn.Parameter) or value.requires_grad
                machine.draft.remember(value, node.target, learned)
        elif node.op == "call_module":
            known[node] = (
                None if node.target == "_guards_fn" else _module(machine, module, node, arguments, options)
            )
        elif node.op == "call_method":
            known[node] = machine.call(node.target, _method(node.target), arguments, options)
        else:
            name = function_name(node.target)
            inner = [place for place, one in enumerate(arguments) if isinstance(one, torch.fx.GraphModule)]
            if name in WRAPPED and inner:
                part = arguments[inner[0]]
                known[node] = walked(machine, part.graph, part, arguments[inner[0] + 1 :])
            else:
                known[node] = _function(machine, name, node.target, arguments, options)
        for one in [known[node]] if isinstance(known[node], Flow) else []:
            one.readers = len(node.users)
    return None


def _function(machine: Machine, name: str, target: Any, arguments: Any, options: Any) -> Any:
    short = name.rpartition(".")[2]
    if short == "getitem" and isinstance(arguments[0], tuple):
        return arguments[0][arguments[1]]
    if short == "getattr":
        return _attribute(machine, arguments[0], arguments[1])
    return machine.call(name, target, arguments, options, operator=short)


def _attribute(machine: Machine, value: Any, name: str) -> Any:
    if isinstance(value, Flow) and name in ("T", "mT", "data"):
        return machine.call(name, lambda one: getattr(one, name), (value,))
    if isinstance(value, tuple) and name in ("values", "indices"):  # of torch.return_types
        return value[name == "indices"]
    return getattr(value.value if isinstance(value, Flow) else value, name)


def _method(name: str) -> Any:
    def call(one: Any, *arguments: Any, **options: Any) -> Any:
        return getattr(one, name)(*arguments, **options)

    return call


def _module(machine: Machine, root: "nn.Module", node: Any, arguments: Any, options: Any) -> Any:
    module = root.get_submodule(node.target)
    order = [*inspect.signature(module.forward).parameters]
    given = list(arguments)
    for name in order[len(given) :]:
        if name not in options:
            break
        given.append(options[name])
    called = told(module, tuple(given)) if len(given) == len(arguments) + len(options) else None
    named: dict[str, Any] = {}
    if called is None and options and (called := told(module, tuple(arguments))):
        given, named = list(arguments), dict(options)
    kind = type(module).__name__
    for name, weight in module.named_parameters():
        machine.draft.remember(weight, f"{node.target}.{name}", True)
    if called is None:
        return machine.call(f"module {kind}", module, arguments, options, operator=kind)
    return machine.call(called[0], module, given, named, told=called[1], named=named, operator=kind)


def _given(value: Any, known: Mapping[Any, Any]) -> Any:
    from torch import fx

    if isinstance(value, fx.Node):
        return known[value]
    if isinstance(value, list):
        return [_given(one, known) for one in value]
    if isinstance(value, tuple):
        return tuple(_given(one, known) for one in value)
    if isinstance(value, slice):
        return slice(*(_given(one, known) for one in (value.start, value.stop, value.step)))
    if isinstance(value, Mapping):
        return {name: _given(one, known) for name, one in value.items()}
    return value


def _placed(draft: Draft, node: Any) -> None:
    """Where the original is, by the modules that call one another; people's own classes are scopes."""
    stack = [*(node.meta.get("nn_module_stack") or {}).values()]
    scope = inner = ""
    for path, kind in stack:
        name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
        path = path.partition("@")[0]
        if path and not name.startswith("torch."):
            scope = path
            draft.classes[path] = name.rpartition(".")[2]
        inner = path
    if node.op == "call_module":
        inner = node.target
    draft.scope = scope
    draft.name = inner[len(scope) :].strip(".") if inner != scope else ""
    if not draft.name:
        draft.name = (node.target if isinstance(node.target, str) else function_name(node.target)).rpartition(
            "."
        )[2]


def function_name(function: Any) -> str:
    """The name under which an operator's rule is found; "aten." before those of torch.ops."""
    schema = getattr(function, "_schema", None)
    if schema is not None:
        return str(schema.name).replace("::", ".")
    known = _functions().get(id(function)) or getattr(function, "__name__", "") or type(function).__name__
    return f"{known}_" if known in IN_PLACE else known


@cache
def _functions() -> dict[int, str]:
    """torch's functions by identity: those that choose between two by a flag have no name of their own."""
    import torch
    import torch.nn.functional as functional

    return {
        id(one): name
        for space in (operator, torch, functional)
        for name, one in vars(space).items()
        if callable(one) and not name.startswith("_")
    }
