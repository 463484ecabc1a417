"""Transformers: attention in the place of recurrence, for languages and images."""

from typing import Any

from builder.templates.sketch import Sketch, from_source, ready

GROUP = "Transformers"
VASWANI = "Vaswani et al. (2017), Attention is all you need"
START: dict[str, Any] = {"initial": "normal", "initial_std": 0.02}


def _stacks(net: Sketch, source: str, target: str) -> str:
    """Six encoder and six decoder layers, 512 wide, as in the paper: no norm behind the stacks."""

    def encoder(block: Sketch) -> None:
        block.output(block("TransformerEncoderLayer", block.input("x", 32, 512), heads=8, feedforward=2048))

    def decoder(block: Sketch) -> None:
        x, memory = block.input("x", 32, 512), block.input("memory", 32, 512)
        block.output(block("TransformerDecoderLayer", x, memory, heads=8, feedforward=2048))

    net.define("encoder", encoder)
    net.define("decoder", decoder)
    return net.block("decoder", target, net.block("encoder", source, repeat=6), repeat=6)


@ready("Transformer base", GROUP, VASWANI)
def transformer_base(net: Sketch) -> None:
    """The two stacks of the paper on vectors of 512: six layers read, six write and look at what was read.

    44.1 million parameters.
    """
    net.output(_stacks(net, net.input("source", 32, 512), net.input("target", 32, 512)))


@ready("Transformer for translation", GROUP, VASWANI)
def transformer_translation(net: Sketch) -> None:
    """The whole translator: words to vectors, their places, both stacks.

    The same vectors, turned round, choose the next word (tied weights); they start at 1/√512, and are read times √512.
    """
    table: dict[str, Any] = {"entries": 37000, "width": 512, "initial": "normal", "initial_std": 512**-0.5}
    source = net("Embedding", net.input("source", 32, dtype="int64"), id="words", **table)
    before = net("ShiftRight", net.input("target", 32, dtype="int64"))
    target = net("Embedding", before, id="words_so_far", shares="words", **table)
    placed = [
        net("Dropout", net("SinusoidalPositions", net("Affine", x, scale=512**0.5)), rate=0.1)
        for x in (source, target)
    ]
    net.output(net("TiedLinear", _stacks(net, *placed), id="next_word", shares="words"))


def _gpt(net: Sketch, vocabulary: int, context: int, width: int, heads: int, layers: int) -> None:
    """Pre-norm blocks of causal attention and a feed-forward network; the output is tied to the embedding."""

    def block(inner: Sketch) -> None:
        x = inner.input("x", context, width)
        qkv = inner("Linear", inner("LayerNorm", x), id="qkv", units="3*width", **START)
        q, k, v = (
            inner("Slice", qkv, id=id, dim=2, start=f"{n}*width", stop=f"{n + 1}*width")
            for n, id in enumerate(("q", "k", "v"))
        )
        y = inner("ScaledDotProductAttention", q, k, v, id="attention", heads="heads", causal=True)
        x = inner("Add", x, inner("Linear", y, id="projection", units="width", **START))
        y = inner("Linear", inner("LayerNorm", x), id="up", units="4*width", **START)
        y = inner("GELU", y, approximate="tanh")
        inner.output(inner("Add", x, inner("Linear", y, id="down", units="width", **START)))

    net.define("transformer", block, width=width, heads=heads)
    x = net.input("tokens", context, dtype="int64")
    x = net("Embedding", x, id="words", entries=vocabulary, width=width, **START)
    x = net("LearnedPositions", x, id="positions", steps=context)
    x = net.block("transformer", net("Dropout", x, rate=0.1), repeat=layers, width=width, heads=heads)
    net.output(net("TiedLinear", net("LayerNorm", x), id="next_word", shares="words"))


@ready("GPT-2 small", GROUP, "Radford et al. (2019), Language models are unsupervised multitask learners")
def gpt2_small(net: Sketch) -> None:
    """Twelve blocks in which each word sees the words before it. 124 million parameters.

    The next word is chosen with the same vectors that read them.
    """
    _gpt(net, vocabulary=50257, context=1024, width=768, heads=12, layers=12)


@ready("Small GPT", GROUP, "Radford et al. (2019), Language models are unsupervised multitask learners")
def small_gpt(net: Sketch) -> None:
    """GPT-2's anatomy at a size that a laptop trains: characters in the place of words, three blocks, 64 wide."""
    _gpt(net, vocabulary=96, context=64, width=64, heads=4, layers=3)


def _encoder(net: Sketch, x: str, *, layers: int, heads: int, width: int, **config: Any) -> str:
    def encoder(block: Sketch) -> None:
        inner = block.input("x", 16, width)
        block.output(
            block(
                "TransformerEncoderLayer",
                inner,
                heads="heads",
                feedforward="4*width",
                activation="gelu",
                **config,
            )
        )

    net.define("encoder", encoder, heads=heads, width=width)
    return net.block("encoder", x, repeat=layers, heads=heads, width=width)


def _vit(net: Sketch, *image: int, patch: int, width: int, heads: int, layers: int, classes: int) -> None:
    x = net("PatchEmbedding", net.input("image", *image), patch=patch, width=width)
    steps = (image[1] // patch) * (image[2] // patch) + 1
    x = net("LearnedPositions", net("ClassToken", x), steps=steps)
    x = _encoder(net, x, layers=layers, heads=heads, width=width, norm_first=True, eps=1e-6, dropout=0.0)
    x = net("Select", net("LayerNorm", x, eps=1e-6), dim=1, index=0)
    net.output(net("Linear", x, units=classes))


@ready("ViT-B/16", GROUP, "Dosovitskiy et al. (2021), An image is worth 16 × 16 words")
def vit_b16(net: Sketch) -> None:
    """An image cut into 196 patches that are read like words; one more token, learned, gathers the answer."""
    _vit(net, 3, 224, 224, patch=16, width=768, heads=12, layers=12, classes=1000)


@ready(
    "Small ViT", GROUP, "Dosovitskiy et al. (2021), An image is worth 16 × 16 words", from_source("Digits"),
    epochs=60, batch=64, optimiser={"kind": "AdamW", "lr": 0.002},
)  # fmt: skip
def small_vit(net: Sketch) -> None:
    """Sixteen patches of 2 × 2 pixels look at one another. With so few examples a CNN learns faster: compare."""
    _vit(net, 1, 8, 8, patch=2, width=32, heads=4, layers=2, classes=10)


@ready(
    "BERT-base encoder", GROUP, "Devlin et al. (2019), BERT: pre-training of deep bidirectional transformers"
)
def bert_base(net: Sketch) -> None:
    """Every word sees all others, in both directions. Words, their places and their sentence are added before."""
    words = net(
        "Embedding", net.input("tokens", 128, dtype="int64"), id="words", entries=30522, width=768, **START
    )
    kinds = net(
        "Embedding", net.input("sentences", 128, dtype="int64"), id="sentence", entries=2, width=768, **START
    )
    x = net("LearnedPositions", net("Add", words, kinds), steps=512)
    x = net("Dropout", net("LayerNorm", x, eps=1e-12), rate=0.1)
    x = _encoder(net, x, layers=12, heads=12, width=768, eps=1e-12, dropout=0.1)
    pooled = net("Tanh", net("Linear", net("Select", x, dim=1, index=0), id="pooler", units=768))
    net.output(x, id="words_in_context")
    net.output(pooled, id="whole")
