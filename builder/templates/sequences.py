"""Networks that read step by step."""

from typing import Any

from builder.templates.sketch import Sketch, from_source, ready

GROUP = "Sequences"
DIGITS = from_source("Digits")
TRAINING: dict[str, Any] = {"epochs": 25, "batch": 64}
CHO = "Cho et al. (2014), Learning phrase representations using RNN encoder–decoder"


def _rows(net: Sketch) -> str:
    """A digit as a sequence of its eight rows."""
    return net("Reshape", net.input("image", 1, 8, 8), shape=[8, 8])


def _answer(net: Sketch, x: str, outputs: int) -> None:
    """After the last step."""
    net.output(net("Linear", net("Select", x, dim=1, index=-1), units=outputs))


@ready("Digits RNN", GROUP, "Elman (1990), Finding structure in time", DIGITS, **TRAINING)
def digits_rnn(net: Sketch) -> None:
    """A digit, row by row, through one hidden state. The simplest memory: what is read early fades soon."""
    _answer(net, net("RNN", _rows(net), units=64), 10)


@ready("Digits LSTM", GROUP, "Hochreiter and Schmidhuber (1997), Long short-term memory", DIGITS, **TRAINING)
def digits_lstm(net: Sketch) -> None:
    """Reads each digit row by row; gates decide what the memory cell keeps and forgets. It answers after the last."""
    _answer(net, net("LSTM", _rows(net), units=64), 10)


@ready("Digits GRU", GROUP, CHO, DIGITS, **TRAINING)
def digits_gru(net: Sketch) -> None:
    """Two gates do what the LSTM does with three, for three quarters of the weights."""
    _answer(net, net("GRU", _rows(net), units=64), 10)


@ready(
    "Digits bidirectional LSTM",
    GROUP,
    "Schuster and Paliwal (1997), Bidirectional recurrent networks",
    DIGITS,
    **TRAINING,
)
def digits_bidirectional(net: Sketch) -> None:
    """One LSTM reads down, another up; the mean over the steps sees both. It needs the whole sequence at once."""
    x = net("LSTM", _rows(net), units=32, bidirectional=True, layers=2)
    net.output(net("Linear", net("Reduce", x, dims=[1]), units=10))


@ready(
    "LSTM forecaster",
    GROUP,
    "Gers et al. (2002), Applying LSTM to time series",
    from_source("Waves", samples=2000),
    epochs=60,
    batch=32,
    loss={"kind": "MSE"},
    optimiser={"kind": "Adam", "lr": 0.005},
    schedule={"kind": "Cosine"},
)
def lstm_forecaster(net: Sketch) -> None:
    """Reads the last 24 values of a noisy wave and says the next one. Compare with the line of the baseline."""
    _answer(net, net("LSTM", net.input("values", 24, 1), units=32), 1)


@ready(
    "Encoder–decoder with attention",
    GROUP,
    "Bahdanau et al. (2015), Neural machine translation by jointly learning to align and translate",
)
def seq2seq_attention(net: Sketch) -> None:
    """One network reads, another writes, and at each word looks back at what was read.

    While it trains the writer is given the right answer so far (teacher forcing).
    """
    source, target = net.input("source", 12, dtype="int64"), net.input("target", 12, dtype="int64")
    memory = net(
        "GRU", net("Embedding", source, id="source_words", entries=1000, width=64), id="encoder", units=128
    )
    before = net("Embedding", net("ShiftRight", target), id="target_words", entries=1000, width=64)
    state = net("GRU", before, f"{memory}.hidden", id="decoder", units=128)
    context = net("AdditiveAttention", state, memory, id="look", units=128)
    x = net("Tanh", net("Linear", net("Concatenate", state, context, dim=2), units=128))
    net.output(net("Linear", x, id="words", units=1000))
