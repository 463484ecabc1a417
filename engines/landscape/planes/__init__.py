"""The choices of axes, a file each."""
