"""Scripts: front-end modules of ours that lie in a folder, served under an address that tells their version."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

KINDS = {".js": "text/javascript", ".css": "text/css"}
UNCHANGING = {"cache-control": "public, max-age=604800, immutable"}


class Scripts:
    """The modules and style sheets of a folder, which import each other.

    Attributes:
        files: what they hold, by name.
        version: of all of them together, so that no browser mixes old ones with new ones.
        address: where they are served.
    """

    def __init__(self, folder: Path, under: str) -> None:
        self.files = {
            path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in KINDS
        }
        self.version = hashlib.sha256(b"\0".join(self.files.values())).hexdigest()[:16]
        self.route = f"{under}/{{version}}/{{name}}"
        self.address = f"{under}/{self.version}"

    async def serve(self, request: Request) -> Response:
        """One of them."""
        name = request.path_params["name"]
        if name not in self.files:
            return JSONResponse({"error": "There is no such script."}, 404)
        current = request.path_params["version"] == self.version
        headers = UNCHANGING if current else {"cache-control": "no-store"}
        return Response(self.files[name], media_type=KINDS[Path(name).suffix], headers=headers)

    def loader(self, export: str = "mount") -> str:
        """The script that the page is sent: the modules themselves lie in the browser's cache."""
        return f"""
const loaded = import(new URL("{self.address}/index.js", location.origin));
export default function (component) {{
  let leave = () => {{}}, gone = false;
  loaded.then(
    ({{ {export} }}) => {{ if (!gone) leave = {export}(component); }},
    () => {{ component.parentElement.textContent = "This view could not be loaded. Reload the page."; }},
  );
  return () => {{ gone = true; leave(); }};
}}
"""
