"""The landscape of a network's loss: over which plane, how high, how it bends."""
