"""The colours of the categories of layers, in pictures and on the canvas."""

COLOURS = {
    "Input and output": "#868E96", "Dense": "#4C6EF5", "Convolution": "#E8590C", "Pooling": "#F08C00",
    "Activation": "#12B886", "Normalisation": "#1098AD", "Regularisation": "#ADB5BD", "Recurrent": "#AE3EC9",
    "Attention": "#AE3EC9", "Combine": "#15AABF", "Shape": "#ADB5BD", "Blocks": "#7048E8", "Arithmetic": "#74B816",
    "Graph": "#2F9E44", "Capsules": "#D6336C", "Memory and energy": "#9C6644", "Generative": "#E64980",
}  # fmt: skip
DARK = {
    "Input and output": "#ADB5BD", "Dense": "#748FFC", "Convolution": "#FF922B", "Pooling": "#FCC419",
    "Activation": "#38D9A9", "Normalisation": "#3BC9DB", "Regularisation": "#868E96", "Recurrent": "#DA77F2",
    "Attention": "#DA77F2", "Combine": "#66D9E8", "Shape": "#868E96", "Blocks": "#9775FA", "Arithmetic": "#A9E34B",
    "Graph": "#69DB7C", "Capsules": "#F783AC", "Memory and energy": "#D4A373", "Generative": "#FAA2C1",
}  # fmt: skip
OTHER = "#868E96"
"""Of a category that has no colour of its own."""
RUNS = ("#4C6EF5", "#E8590C", "#0CA678", "#AE3EC9", "#1098AD", "#F08C00")
"""Of the runs of a comparison, in their order; each is seen on light and on dark ground."""
