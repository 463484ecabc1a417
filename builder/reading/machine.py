"""Runs the original on its example, operator by operator, and draws what depends on the inputs."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.layer import Spec
from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import straight
from builder.reading.rules import RULES, Rule

if TYPE_CHECKING:
    import torch

OTHER_WORDS = {"axis": "dim", "keepdims": "keepdim", "self": "input", "x": "input"}
"""Parameters that go by several names in torch."""
SHAPE_ONLY = set(
    "full_like zeros_like ones_like empty_like new_zeros new_ones new_full new_empty size stride numel".split()
)
"""What depends on the shape alone, and is a constant."""
ALIKE = set("expand_as view_as reshape_as type_as to".split())
"""What takes no more than the shape or the kind of a second tensor."""
MOVES = set(
    "embedding select slice getitem narrow unbind chunk split split_with_sizes t transpose permute view reshape "
    "flatten unflatten squeeze unsqueeze expand contiguous to float clone detach cat concat concatenate stack".split()
)
"""What leaves the numbers of weights as they are."""


class Machine:
    """What does not depend on the inputs is worked out and stays a constant; all else becomes nodes."""

    def __init__(self, draft: Draft, *, shapes_only: bool = False) -> None:
        self.draft = draft
        self.shapes_only = shapes_only
        """Whether Flows have no values, so that nothing large is computed on the word of a file."""
        self._spoiled: dict[int, Any] = {}
        """Constants into which something was written that depends on the inputs, by their memory."""

    def call(
        self,
        name: str,
        run: Callable[..., Any],
        arguments: Iterable[Any],
        options: Mapping[str, Any] | None = None,
        *,
        told: tuple[Any, ...] | None = None,
        named: Mapping[str, Any] | None = None,
        operator: str = "",
    ) -> Any:
        """Run an operator and draw it: the Flows that come out, or plain values if no Flow went in.

        Args:
            name: Under which its rule is found.
            run: What computes it.
            arguments: What it is given; Flows may lie in lists.
            options: The same by name.
            told: What the rule is given, where that is more than the function (a module's weights).
            named: The same by name.
            operator: What people call it, if no rule is found.
        """
        import torch

        arguments, options = tuple(arguments), dict(options or {})
        flows = [*_flows([arguments, options])]
        short = name.rpartition(".")[2]
        if short in SHAPE_ONLY:
            return run(*_values(arguments), **_values(options))
        if short in ALIKE and arguments and not isinstance(arguments[0], Flow):
            result = run(*_values(arguments), **_values(options))
            self._remembered(name, arguments, result)
            return result
        apart = bool(flows) and self.shapes_only
        self.refuse_spoiled([arguments, options])
        given: list[Flow | torch.Tensor] = [*flows, *_tensors([arguments, options])]
        before = [(one, _version(one)) for one in given]
        kept = {id(one): one.clone() for one in _tensors(arguments)} if flows and name.endswith("_") else {}
        result = run(*_values(arguments, apart), **_values(options, apart))
        changed = next((one for one, version in before if _version(one) != version), None)
        if not flows:
            self._remembered(name, told or arguments, result)
            return result
        if isinstance(changed, torch.Tensor):
            self._spoiled[_memory(changed)] = changed
            arguments = tuple(kept.get(id(one), one) for one in arguments)
        if not any(True for _ in _tensors(result)):
            return result
        self.draft.result = result
        rule = RULES.get(name) or RULES.get(short.rstrip("_"))
        refs = self._drawn(
            rule, told or arguments, dict(named or {}) if told else options, flows, operator or name
        )
        made = self._flowing(refs, result)
        if isinstance(changed, Flow):
            _moved(changed, made)
            if result is changed.value:
                return changed
        _linked(flows, made)
        return made

    def refuse_spoiled(self, given: Any) -> None:
        """Refuse constants that are none any more.

        Raises:
            BadFile: something that depends on the inputs was written into one of them.
        """
        if self._spoiled and any(_memory(one) in self._spoiled for one in _tensors(given)):
            raise BadFile(
                "Numbers that do not depend on what the network is given are used after others were written into "
                "them, which cannot be followed. Build the tensor with torch.cat, torch.stack or torch.where instead."
            )

    def _remembered(self, name: str, arguments: tuple[Any, ...], result: Any) -> None:
        """What is made of weights alone is still learned, and called after them."""
        import torch

        known = [
            self.draft.constants[id(one)]
            for one in _tensors(list(arguments))
            if id(one) in self.draft.constants
        ]
        learned = [one for one in known if one.learned]
        if not known or not isinstance(result, torch.Tensor) or any(result is one.value for one in known):
            return
        table = None
        if name.rpartition(".")[2] == "embedding":
            weight, rows = sorted(_tensors(arguments[:2]), key=lambda one: not one.is_floating_point())
            if rows.numel() and bool(
                (rows.reshape(-1, rows.shape[-1]) == torch.arange(rows.shape[-1])).all()
            ):
                table = weight
        of = (learned or known)[0]
        if learned and name.rpartition(".")[2] not in MOVES:
            how = "is learned by itself" if result.numel() > 1 else "is a fixed number"
            self.draft.note(f"What the original computes of '{of.name}' {how} here.")
        self.draft.remember(result, of.name, bool(learned), table, of.size)

    def unknown(self, operator: str, flows: Iterable[Flow], result: Any, reason: str) -> Any:
        """Draw an operator that cannot be run or understood; its results are taken to be these."""
        return self._flowing(self.draft.missing(operator, unique(flows), reason), result)

    def _drawn(
        self,
        rule: Rule | None,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        flows: list[Flow],
        operator: str,
    ) -> Any:
        options = {OTHER_WORDS.get(name, name): value for name, value in options.items()}
        before = len(self.draft.nodes)
        try:
            if any(flow.stale for flow in flows):
                raise Unreadable("what it is given was written into through a part or another view of it")
            if rule is None:
                raise Unreadable("no layer computes it")
            if not rule.anywhere:
                for flow in flows:
                    straight(self.draft, flow)
            try:
                bound = inspect.signature(rule.draw).bind(self.draft, *arguments, **options)
            except TypeError as error:
                raise Unreadable(f"it is used in another way than usual ({error})") from error
            for name, parameter in bound.signature.parameters.items():
                if parameter.annotation is Flow and not isinstance(bound.arguments.get(name), Flow):
                    raise Unreadable(f"its {name} does not depend on what the network is given")
            if rule.promotes:
                arguments = tuple(self._promoted(one) for one in arguments)
            return rule.draw(self.draft, *arguments, **options)
        except Unreadable as error:
            self.draft.forget(before)
            return self.draft.missing(operator, unique(flows), str(error))

    def _promoted(self, value: Any) -> Any:
        """A mask, or a whole number, as a number of the kind that comes out."""
        wanted = self.draft.result.dtype
        if not isinstance(value, Flow) or value.value.dtype == wanted or value.value.is_floating_point():
            return value
        ref = self.draft.once("Cast", value.ref, dtype=str(wanted).removeprefix("torch."))
        return replace(value, ref=ref, value=value.value.to(wanted))

    def _flowing(self, refs: Any, result: Any) -> Any:
        """The tensors that came out, each with the reference that was drawn for it."""
        import torch

        if isinstance(result, torch.Tensor):
            if isinstance(refs, list | tuple):
                refs = refs[0]
            made = Flow(refs, result)
            if isinstance(refs, Flow):
                made = Flow(refs.ref, result, refs.layout, refs.origin, refs.scores, refs.readers)
            self.draft.specify(made)
            return made
        if isinstance(result, list | tuple):
            if not isinstance(refs, list | tuple):
                refs = [refs, *(f"{refs}.output{number}" for number in range(2, len(result) + 1))]
            refs = [*refs, *[None] * (len(result) - len(refs))]
            return tuple(
                self._flowing(ref, one) if ref is not None else None
                for ref, one in zip(refs, result, strict=True)
            )
        return result


def unique(flows: Iterable[Flow]) -> list[Flow]:
    """The flows without those that come again, in order."""
    return [*{flow.ref: flow for flow in flows}.values()]


def spec(value: "torch.Tensor") -> Spec:
    """What a tensor is, as a graph says it."""
    return Spec(tuple(value.shape), str(value.dtype).removeprefix("torch."))


def _version(one: "Flow | torch.Tensor") -> int:
    """How often the memory of a tensor was written into, as torch counts it."""
    tensor = one.value if isinstance(one, Flow) else one
    return 0 if tensor.is_inference() else tensor._version


def _linked(flows: Iterable[Flow], made: Any) -> None:
    """Remember what is the same memory, or a part of it, seen otherwise."""
    for one in _flows(made):
        for flow in flows:
            if not one.value.is_meta and _memory(one) == _memory(flow):
                one.whole = flow
                flow.views.append(one)
                break


def _memory(one: "Flow | torch.Tensor") -> int:
    return (one.value if isinstance(one, Flow) else one).untyped_storage().data_ptr()


def _moved(changed: Flow, made: Any) -> None:
    """What is written into is something else from now on, and nothing tells what else is in that memory."""
    whole, views = changed.whole, [*changed.views]
    if isinstance(made, Flow):
        changed.ref, changed.layout = made.ref, made.layout
        changed.origin, changed.scores = made.origin, made.scores
    while whole:
        whole.stale = True
        whole = whole.whole
    while views:
        view = views.pop()
        view.stale = True
        views += view.views


def _flows(value: Any) -> Iterator[Flow]:
    if isinstance(value, Flow):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _flows(one)
    elif isinstance(value, slice):
        yield from _flows([value.start, value.stop, value.step])
    elif isinstance(value, Mapping):
        yield from _flows([*value.values()])


def _values(value: Any, apart: bool = False) -> Any:
    """What stands behind Flows; apart: constants beside them without their values as well."""
    if isinstance(value, Flow):
        return value.value
    if apart and hasattr(value, "to") and hasattr(value, "device"):
        return value.to("meta")
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_values(one, apart) for one in value))
    if isinstance(value, list | tuple):
        return type(value)(_values(one, apart) for one in value)
    if isinstance(value, slice):
        return slice(*(_values(one, apart) for one in (value.start, value.stop, value.step)))
    if isinstance(value, dict):
        return {name: _values(one, apart) for name, one in value.items()}
    return value


def _tensors(value: Any) -> Iterator["torch.Tensor"]:
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _tensors(one)
    elif isinstance(value, Mapping):
        yield from _tensors([*value.values()])
