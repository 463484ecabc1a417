"""The aspects of nodes, a file each."""
