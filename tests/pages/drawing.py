"""The canvas as a test drives it: with the mouse and the keyboard, on what is on the screen."""

import re
from dataclasses import dataclass

from playwright.sync_api import FloatRect, Locator, Page

DEEP = """
window.deep = (selector, root = document) => {
  const found = root.querySelector(selector)
  if (found) return found
  for (const one of root.querySelectorAll('*')) {
    const inside = one.shadowRoot && window.deep(selector, one.shadowRoot)
    if (inside) return inside
  }
  return null
}
"""
"""`deep(selector)` finds an element also inside shadow roots."""


@dataclass
class Board:
    """The canvas of a page that shows Build."""

    page: Page

    def ready(self, timeout: float = 30) -> "Board":
        """Wait until the first scene is drawn."""
        self.page.locator("[data-ready='1']").wait_for(timeout=timeout * 1000)
        return self

    def node(self, id: str) -> Locator:
        """A node on the canvas."""
        return self.page.locator(f"[data-node='{id}']")

    def ids(self) -> list[str]:
        """The ids of all nodes that are drawn."""
        return [str(one.get_attribute("data-node")) for one in self.page.locator("[data-node]").all()]

    def label(self, node: str, port: str = "input") -> Locator:
        """The label of the edge that leads to a port."""
        return self.page.locator(f"[data-edge='{node}.{port}']")

    def port(self, node: str, port: str, side: str = "target") -> Locator:
        """A port of a node: `target` on its left, `source` on its right."""
        return self.node(node).locator(f".react-flow__handle.{side}[data-port='{port}']")

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """Press the mouse at one place and release it at another."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(start[0] + 4, start[1] + 3)
        self.page.mouse.move(*end, steps=steps)
        self.page.mouse.up()

    def connect(self, source: str, node: str, port: str = "input", output: str = "output") -> None:
        """Drag an edge from an output to an input."""
        self.drag(middle(self.port(source, output, "source")), middle(self.port(node, port)))

    def shape(self, node: str) -> str:
        """The words on a node, its shape among them."""
        return self.node(node).inner_text()

    def shows(self, node: str, text: str) -> None:
        """Wait until a node shows some words."""
        self.node(node).filter(has_text=re.compile(re.escape(text))).wait_for()


def middle(one: Locator) -> tuple[float, float]:
    """The middle of an element on the screen, once it has come to rest there."""
    before: FloatRect | None = None
    box: FloatRect | None = None
    for _ in range(50):
        box = one.bounding_box()
        if box and box == before:
            break
        before = box
        one.page.wait_for_timeout(60)
    assert box, f"{one} is not on the screen"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
