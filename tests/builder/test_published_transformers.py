"""Published transformers, built of our layers on the meta device: exact to the last parameter and product."""

import builder
from builder.graph import Graph
from builder.templates.sketch import Sketch


def parameters(net: Sketch) -> int:
    graph: Graph = net.finished()
    assert not [problem for problem in builder.check(graph) if problem.severity == "error"]
    return builder.summary(graph).parameters


def test_vit_b_16() -> None:
    """Dosovitskiy et al. (2021): 86.6 million parameters, 17.6 billion multiply–adds for 224 × 224 pixels."""
    net = Sketch()
    x = net("PatchEmbedding", net.input("image", 3, 224, 224))
    x = net("LearnedPositions", net("ClassToken", x))
    for _ in range(12):
        x = net(
            "TransformerEncoderLayer",
            x,
            heads=12,
            feedforward=3072,
            activation="gelu",
            norm_first=True,
            eps=1e-6,
        )
    x = net("LayerNorm", x, eps=1e-6)
    net.output(net("Linear", net("Select", x, index=0), units=1000))
    assert parameters(net) == 86_567_656
    steps, width = 197, 768
    block = 4 * steps * width**2 + 2 * steps**2 * width + 8 * steps * width**2
    expected = 196 * 3 * 256 * width + 12 * block + width * 1000
    assert builder.summary(net.finished()).multiply_adds == expected


def test_bert_base() -> None:
    """Devlin et al. (2019): words, places and segments, with the pooler."""
    net = Sketch()
    words = net.input("words", 512, dtype="int64")
    segments = net.input("segments", 512, dtype="int64")
    mask = net("PaddingMask", words)
    x = net(
        "Add",
        net("Embedding", words, entries=30522, width=768),
        net("Embedding", segments, entries=2, width=768),
    )
    x = net("LayerNorm", net("LearnedPositions", x), eps=1e-12)
    for _ in range(12):
        x = net("TransformerEncoderLayer", x, mask, heads=12, feedforward=3072, activation="gelu", eps=1e-12)
    net.output(net("Tanh", net("Linear", net("Select", x, index=0), units=768)))
    assert parameters(net) == 109_482_240


def test_gpt_2_small() -> None:
    """Radford et al. (2019): query, key and value from one layer, the head tied to the words; and from whole layers."""
    net = Sketch()
    words = net.input("words", 1024, dtype="int64")
    embedded = net("Embedding", words, entries=50257, width=768, id="embed")
    x = net("LearnedPositions", embedded)
    for _ in range(12):
        y = net("Linear", net("LayerNorm", x), units=3 * 768)
        query, key, value = (
            net("Slice", y, dim=2, start=768 * part, stop=768 * (part + 1)) for part in range(3)
        )
        y = net("ScaledDotProductAttention", query, key, value, heads=12, causal=True)
        x = net("Add", x, net("Linear", y, units=768))
        y = net("GELU", net("Linear", net("LayerNorm", x), units=3072))
        x = net("Add", x, net("Linear", y, units=768))
    net.output(net("TiedLinear", net("LayerNorm", x), shares="embed"))
    assert parameters(net) == 124_439_808
    other = Sketch()
    embedded = other(
        "Embedding", other.input("words", 1024, dtype="int64"), entries=50257, width=768, id="embed"
    )
    whole = other("LearnedPositions", embedded)
    for _ in range(12):
        fields = {"heads": 12, "feedforward": 3072, "activation": "gelu", "norm_first": True, "causal": True}
        whole = other("TransformerEncoderLayer", whole, **fields)
    other.output(other("TiedLinear", other("LayerNorm", whole), shares="embed"))
    assert parameters(other) == 124_439_808
    assert builder.summary(net.finished()).multiply_adds == builder.summary(other.finished()).multiply_adds


def test_the_transformer_itself() -> None:
    """Vaswani et al. (2017), base: as nn.Transformer counts it, behind one table of 37,000 words for all."""
    net = Sketch()
    source, target = net.input("source", 20, dtype="int64"), net.input("target", 18, dtype="int64")
    table = net("Embedding", source, entries=37000, width=512, id="words")
    x = net("SinusoidalPositions", table)
    padding = net("PaddingMask", source)
    for _ in range(6):
        x = net("TransformerEncoderLayer", x, padding)
    memory = net("LayerNorm", x)
    y = net(
        "SinusoidalPositions",
        net("Embedding", net("ShiftRight", target), entries=37000, width=512, shares="words"),
    )
    for _ in range(6):
        y = net("TransformerDecoderLayer", y, memory)
    net.output(net("TiedLinear", net("LayerNorm", y), shares="words"))
    assert parameters(net) == 37000 * 512 + 44_140_544
