"""Attention and the layers of a transformer as torch.nn has them; masks for padding tell there what is hidden."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.reading.draft import Draft, Drawn, Flow, Unreadable
from builder.reading.laying import staged, straight
from builder.reading.layout import Axis, Groups, Layout
from builder.reading.rules.rule import RULES, rule
from builder.reading.rules.scores import is_lower

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Steps:
    """What is given to attention: batch × steps × features as a graph has it, and how the original sees that."""

    ref: str
    groups: Groups
    places: tuple[int | None, ...]
    flow: Flow

    def answer(self, id: str, width: int) -> Flow:
        """What comes out of a node for each step, seen as this is."""
        held = (self.groups[0], self.groups[1], (Axis(width),))
        layout = Layout(held, tuple(held[place or 0] for place in self.places))
        return Flow(id, self.flow.value, layout, self.flow.origin)


def _steps(draft: Draft, given: Any, batch_first: bool) -> Steps:
    if not isinstance(given, Flow):
        raise Unreadable("it attends to fixed numbers")
    ref, front, places = staged(draft, given)
    if len(front) != 3 or places[0 if batch_first else 1] is not None:
        raise Unreadable(
            "it is given the steps where a graph has the batch; batch_first=True has the batch first"
        )
    return Steps(ref, front, tuple(places), given)


@rule("multi_head_attention", anywhere=True)
def _attention(
    draft: Draft, module: Any, query: Flow, key: Any, value: Any, key_padding_mask: Any = None,
    need_weights: bool = True, attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
) -> Any:  # fmt: skip
    if module.bias_k is not None or module.add_zero_attn:
        raise Unreadable("it adds keys of its own")
    given = [_steps(draft, one, module.batch_first) for one in (query, key, value)]
    refs = [one.ref for one in given]
    refs = refs[:1] if len(set(refs)) == 1 else refs[:2] if refs[1] == refs[2] else refs
    if key_padding_mask is not None:
        refs = [*refs, "", ""][:3] + [_kept(draft, key_padding_mask)]
    id = draft("MultiheadAttention", *refs, weights=dict(module.named_parameters()), heads=module.num_heads,
               causal=_causal(attn_mask), dropout=float(module.dropout),
               bias=module.in_proj_bias is not None)  # fmt: skip
    answer = given[0].answer(id, module.embed_dim)
    if draft.result[1] is None:
        return answer, None
    return answer, f"{id}.weights" if average_attn_weights else None


@rule("encoder_layer", anywhere=True)
def _encoder_layer(
    draft: Draft,
    module: Any,
    src: Flow,
    src_mask: Any = None,
    src_key_padding_mask: Any = None,
    is_causal: bool = False,
) -> Flow:
    fields = _fields(module, causal=_causal(src_mask))
    given = _steps(draft, src, module.self_attn.batch_first)
    id = _layer(draft, module, given.ref, *_masks(draft, src_key_padding_mask), **fields)
    return given.answer(id, module.linear2.out_features)


@rule("decoder_layer", anywhere=True)
def _decoder_layer(
    draft: Draft, module: Any, tgt: Flow, memory: Flow, tgt_mask: Any = None, memory_mask: Any = None,
    tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None, tgt_is_causal: bool = False,
    memory_is_causal: bool = False,
) -> Flow:  # fmt: skip
    if _causal(memory_mask):
        raise Unreadable("it has a mask of its own for the memory")
    fields = _fields(module, causal=_causal(tgt_mask))
    given, seen = (_steps(draft, one, module.self_attn.batch_first) for one in (tgt, memory))
    masks = _masks(draft, tgt_key_padding_mask, memory_key_padding_mask)
    id = _layer(draft, module, given.ref, seen.ref, *masks, **fields)
    return given.answer(id, module.linear2.out_features)


@rule("encoder", anywhere=True)
def _encoder(
    draft: Draft, module: Any, src: Flow, mask: Any = None, src_key_padding_mask: Any = None,
    is_causal: bool | None = None,
) -> Flow:  # fmt: skip
    if src_key_padding_mask is not None and module.use_nested_tensor:
        draft.note(
            "While it evaluates, torch may answer 0 for padding (nested tensors); here it is computed as in training."
        )
    return _stacked(draft, module, src, src_mask=mask, src_key_padding_mask=src_key_padding_mask)


@rule("decoder", anywhere=True)
def _decoder(
    draft: Draft, module: Any, tgt: Flow, memory: Flow, tgt_mask: Any = None, memory_mask: Any = None,
    tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None, tgt_is_causal: bool | None = None,
    memory_is_causal: bool = False,
) -> Flow:  # fmt: skip
    return _stacked(draft, module, tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                    tgt_key_padding_mask=tgt_key_padding_mask,
                    memory_key_padding_mask=memory_key_padding_mask)  # fmt: skip


@rule("transformer", anywhere=True)
def _transformer(
    draft: Draft, module: Any, src: Flow, tgt: Flow, src_mask: Any = None, tgt_mask: Any = None,
    memory_mask: Any = None, src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None,
    memory_key_padding_mask: Any = None,
    src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
) -> Flow:  # fmt: skip
    memory = _part(draft, module.encoder, "encoder", src, src_mask, src_key_padding_mask)
    return _part(draft, module.decoder, "decoder", tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                 memory_key_padding_mask)  # fmt: skip


def _layer(draft: Draft, module: Any, *refs: str, **fields: Any) -> str:
    """A layer in a scope of its own, so that it may be a block."""
    kind, path = type(module).__name__, f"{draft.scope}.{draft.name}".strip(".")
    draft.classes[path] = kind
    with draft.at(path, ""):
        return draft(kind, *refs, weights=dict(module.named_parameters()), **fields)


def _stacked(draft: Draft, module: Any, flow: Flow, *memory: Flow, **masks: Any) -> Flow:
    """The layers of a stack one behind the other, and the normalisation behind them."""
    for number, layer in enumerate(module.layers):
        flow = _part(draft, layer, f"layers.{number}", flow, *memory, **masks)
    return flow if module.norm is None else _part(draft, module.norm, "norm", flow)


def _part(draft: Draft, module: "nn.Module", name: str, flow: Flow, *more: Any, **masks: Any) -> Flow:
    """What a part of a module makes of a flow whose shape it keeps."""
    from builder.reading.rules.modules import told

    called = told(module, (flow, *more))
    if called is None or not type(module).__module__.startswith("torch.nn"):
        raise Unreadable(f"one of its parts is a {type(module).__name__}")
    result, draft.result = draft.result, flow.value
    with draft.at(draft.scope, f"{draft.name}.{name}"):
        made = RULES[called[0]].draw(draft, *called[1], **masks)
    draft.result = result
    return made if isinstance(made, Flow) else Flow(made, flow.value, None, flow.origin)


def _fields(module: Any, causal: bool) -> dict[str, Any]:
    """The settings of a layer of a transformer.

    Raises:
        Unreadable: its parts are others than torch made them.
    """
    import torch
    import torch.nn.functional as functional
    from torch import nn

    parts = [one for _, one in module.named_children() if one is not module.activation]
    if not all(type(one) in (nn.Linear, nn.LayerNorm, nn.Dropout, nn.MultiheadAttention) for one in parts):
        raise Unreadable("its parts are others than torch gives such a layer")
    activation = {functional.relu: "relu", torch.relu: "relu", functional.gelu: "gelu"}.get(module.activation)
    if isinstance(module.activation, nn.ReLU | nn.GELU):
        activation = type(module.activation).__name__.lower()
    if not activation or getattr(module.activation, "approximate", "none") != "none":
        raise Unreadable("its activation is neither ReLU nor GELU")
    drop = {one.p for one in parts if isinstance(one, nn.Dropout)} | {module.self_attn.dropout}
    eps = {one.eps for one in parts if isinstance(one, nn.LayerNorm)}
    if len(drop) > 1 or len(eps) > 1:
        raise Unreadable("its parts have different settings")
    return {
        "heads": module.self_attn.num_heads,
        "feedforward": module.linear1.out_features,
        "dropout": float(drop.pop()),
        "activation": activation,
        "norm_first": module.norm_first,
        "eps": eps.pop(),
        "bias": module.linear1.bias is not None,
        "causal": causal,
    }


def _causal(mask: Any) -> bool:
    """Whether a mask is the causal one.

    Raises:
        Unreadable: it hides other things.
    """
    if mask is None or (not isinstance(mask, Flow) and not bool(mask.any())):
        return False
    if not is_lower(mask, seen=False):
        raise Unreadable("its mask is not the causal one")
    return True


def _masks(draft: Draft, *paddings: Any) -> list[str]:
    """What is connected to the ports of masks, without those behind the last that is given."""
    kept = ["" if one is None else _kept(draft, one) for one in paddings]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _kept(draft: Draft, padding: Any) -> str:
    """Which steps are no padding, where it is told which are; drawn beside that, for whoever else needs it."""
    import torch

    if not isinstance(padding, Flow) or padding.value.dtype is not torch.bool:
        raise Unreadable("its mask for padding is not one of true and false that depends on the input")
    ref = straight(draft, padding).ref
    node = draft.nodes[ref.partition(".")[0]]
    with draft.at(node.scope, node.name):
        return _opposite(draft, ref, node)


def _opposite(draft: Draft, ref: str, node: Drawn) -> str:
    """What is true where a mask is not; simpler if the mask is a comparison."""
    how = node.config.get("how") if node.kind == "Compare" else None
    if how not in ("==", "!="):
        return draft.once("Compare", ref, how="==", value=0.0)
    if how == "!=":
        return draft.once("Compare", *node.inputs.values(), **{**node.config, "how": "=="})
    value, (source, *others) = node.config.get("value", 0.0), node.inputs.values()
    id, _, port = source.partition(".")
    spec = draft.nodes[id].specs.get(port)
    if not others and spec and spec.dtype == "bool" and not value:
        return source
    if not others and spec and spec.dtype == "int64" and value == int(value):
        return draft.once("PaddingMask", source, padding=int(value))
    return draft.once("Compare", source, *others, **{**node.config, "how": "!="})
