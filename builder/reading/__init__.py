"""From code to canvas: networks written in PyTorch, ONNX models and Keras's JSON become graphs."""

from builder.reading.reading import Reading, read

__all__ = ["Reading", "read"]
