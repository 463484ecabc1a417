"""The process that works beside the server: requests on its input, one at a time, until that ends."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any

from builder.errors import StrataError
from engines.aside.telling import listen, packed
from engines.runs.limits import die_first, step_back


def main() -> None:
    """Obey one request after the other."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    step_back()
    die_first()

    def answer(row: dict[str, Any], data: bytes = b"") -> None:
        out.write(json.dumps({**row, "bytes": len(data)}).encode() + b"\n" + data)
        out.flush()

    listen(answer)
    import torch

    torch.set_num_threads(1)
    answer({"ready": True})
    for line in iter(sys.stdin.buffer.readline, b""):
        asked = json.loads(line)
        try:
            answer({"done": True}, packed(_called(asked["call"], asked["arguments"])))
        except StrataError as error:
            answer({"failed": str(error)})
        except MemoryError:
            answer(
                {"failed": "This takes more memory than there is. Choose fewer examples, or a smaller node."}
            )
        except Exception as error:
            traceback.print_exc()
            answer({"failed": f"This could not be computed: {error or type(error).__name__}"})


def _called(name: str, arguments: dict[str, Any]) -> Any:
    """What a function gives."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)(**arguments)


if __name__ == "__main__":
    main()
