"""Every change of a graph is an edit: a small frozen record with apply(graph) -> graph; and their one history."""

from builder.edits.connections import Connect, Disconnect
from builder.edits.definitions import RemoveBlock, RenameBlock, SetArguments
from builder.edits.edit import Edit, InBlock, Several
from builder.edits.history import History
from builder.edits.make_block import MakeBlock
from builder.edits.nodes import AddNode, Move, RemoveNodes, Rename, Reorder, SetConfig, SetKind, Share
from builder.edits.paste import Paste
from builder.edits.roles import AddRole, InRole, ProjectEdit, RemoveRole, RenameRole
from builder.edits.unpack import Unpack

__all__ = [
    "AddNode",
    "AddRole",
    "Connect",
    "Disconnect",
    "Edit",
    "History",
    "InBlock",
    "InRole",
    "MakeBlock",
    "Move",
    "Paste",
    "ProjectEdit",
    "RemoveBlock",
    "RemoveNodes",
    "RemoveRole",
    "Rename",
    "RenameBlock",
    "RenameRole",
    "Reorder",
    "SetArguments",
    "SetConfig",
    "SetKind",
    "Several",
    "Share",
    "Unpack",
]
