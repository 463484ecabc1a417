"""What a network is: graphs, layers, source, templates. Needs torch only when something is built or inferred."""

from builder.check import check
from builder.errors import BadFile, BadGraph, BadValue, Problem, StrataError
from builder.files import dumps, load, loads, save
from builder.graph import Graph, Node
from builder.project import Project
from builder.reading import Reading, read
from builder.source import source
from builder.summary import Summary, summary
from builder.templates import template, templates

from builder.compile import compile  # isort: skip  (hides the module of that name)

__all__ = [
    "BadFile",
    "BadGraph",
    "BadValue",
    "Graph",
    "Node",
    "Problem",
    "Project",
    "Reading",
    "StrataError",
    "Summary",
    "check",
    "compile",
    "dumps",
    "load",
    "loads",
    "read",
    "save",
    "source",
    "summary",
    "template",
    "templates",
]
