"""From code to canvas: networks written in PyTorch, ONNX or Keras become graphs."""
