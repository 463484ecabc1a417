"""A layer that does not fit and what may be done to it, without names: so the same case is looked into once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from builder.fields import Arguments, Key, layer_of
from builder.layer import Spec
from builder.layers import LAYERS
from builder.trial import Outcome, tried

Config = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """What leads to a port, where it may be changed for its reader's sake."""

    key: Key
    names: tuple[str, ...] = ()
    specs: tuple[Spec, ...] = ()
    output: str = ""


@dataclass(frozen=True)
class Case:
    """A layer with what reaches its ports: all on which it depends what fits it."""

    key: Key
    names: tuple[str, ...]
    specs: tuple[Spec, ...]
    sources: tuple[Source | None, ...]
    arguments: Arguments = ()
    owner: tuple[Key, tuple[Spec, ...]] | None = None
    """The layer that it shares, and what that was made for."""

    def outcome(self) -> Outcome:
        """What comes of it."""
        key, made_for = self.owner or (self.key, ())
        return self.run(key, self.names, self.specs, made_for)

    def run(
        self, key: Key, names: tuple[str, ...], specs: tuple[Spec, ...], made_for: tuple[Spec, ...] = ()
    ) -> Outcome:
        """What comes of a layer that stands where this one does."""
        layer, _ = layer_of(key, self.arguments)
        if layer is None:
            return Outcome(refusal="its fields are refused")
        return tried((layer.kind, layer.model_dump_json()) if self.arguments else key, names, specs, made_for)

    def at(self, port: str) -> Spec:
        """What reaches a port."""
        return self.specs[self.names.index(port)]

    def fed(self, port: str, spec: Spec | None) -> "Case | None":
        """The same layer where something else reaches a port."""
        if spec is None:
            return None
        specs = zip(self.names, self.specs, strict=True)
        return replace(self, specs=tuple(spec if name == port else one for name, one in specs))


@dataclass(frozen=True)
class Insert:
    """Layers between a port and what leads there."""

    port: str
    steps: tuple[tuple[str, Config], ...]

    def after(self, case: Case) -> Case | None:
        """What then reaches the port."""
        spec = case.at(self.port)
        for kind, config in self.steps:
            outcome = tried((kind, _text(config)), ("input",), (spec,))
            if outcome.refusal:
                return None
            spec = outcome.outputs["output"]
        return case.fed(self.port, spec)


@dataclass(frozen=True)
class Set:
    """Another value of a field."""

    field: str
    value: Any

    def after(self, case: Case) -> Case | None:
        """The layer with that value."""
        return replace(case, key=_with(case.key, {self.field: self.value}))


@dataclass(frozen=True)
class Make:
    """Another kind of layer with the same fields."""

    kind: str

    def after(self, case: Case) -> Case | None:
        """The layer of that kind; the fields that it does not have are dropped."""
        fields = json.loads(case.key[1]).items()
        kept = {name: value for name, value in fields if name in LAYERS[self.kind].model_fields}
        return replace(case, key=(self.kind, _text(kept)))


@dataclass(frozen=True)
class Own:
    """Weights of its own."""

    def after(self, case: Case) -> Case | None:
        """The layer made for what reaches it."""
        return replace(case, owner=None)


@dataclass(frozen=True)
class Lead:
    """Another value of a field of what leads to a port."""

    port: str
    field: str
    value: Any

    def after(self, case: Case) -> Case | None:
        """What then reaches the port."""
        source = case.sources[case.names.index(self.port)]
        if source is None:
            return None
        if self.field == "dtype":
            return case.fed(self.port, Spec(case.at(self.port).shape, self.value))
        outcome = case.run(_with(source.key, {self.field: self.value}), source.names, source.specs)
        return case.fed(self.port, outcome.outputs.get(source.output))


@dataclass(frozen=True)
class Before:
    """The place before what leads to a port: both are swapped."""

    port: str

    def after(self, case: Case) -> Case | None:
        """What then reaches the port, if the other takes what leaves the layer there."""
        source = case.sources[case.names.index(self.port)]
        if source is None or len(source.specs) != 1:
            return None
        after = case.fed(self.port, source.specs[0])
        given = after.outcome().outputs if after else {}
        if not given:
            return None
        passed = (next(iter(given.values())),)
        return None if case.run(source.key, source.names, passed).refusal else after


@dataclass(frozen=True)
class Free:
    """An optional port without its connection."""

    port: str

    def after(self, case: Case) -> Case | None:
        """The layer without what reached it there."""
        kept = [place for place, name in enumerate(case.names) if name != self.port]
        return replace(
            case,
            names=tuple(case.names[place] for place in kept),
            specs=tuple(case.specs[place] for place in kept),
            sources=tuple(case.sources[place] for place in kept),
        )


Mend = Insert | Set | Make | Own | Lead | Before | Free


def mends(mend: Mend, case: Case) -> bool:
    """Whether the layer fits after it."""
    after = mend.after(case)
    return after is not None and not after.outcome().refusal


def _with(key: Key, config: Mapping[str, Any]) -> Key:
    return key[0], _text({**json.loads(key[1]), **config})


def _text(config: Mapping[str, Any]) -> str:
    return json.dumps(config, sort_keys=True)
