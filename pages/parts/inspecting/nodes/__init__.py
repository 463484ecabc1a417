"""Nodes of a network, looked at one by one; each way of looking is an aspect."""
