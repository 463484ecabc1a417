"""Work beside the server: long computations in processes of their own, with progress, that can be stopped.

A thread of the server would hold up everybody's pages; a process does not. `begin` names a function of ours and plain
arguments; the worker, at nice 10, imports it, calls it, and sends back what it gives.
"""

from engines.aside.telling import Stopped, tell
from engines.aside.work import Task, asked_by, begin, close

__all__ = ["Stopped", "Task", "asked_by", "begin", "close", "tell"]
