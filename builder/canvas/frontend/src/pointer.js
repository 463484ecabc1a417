// Where the pointer is, and over what.

/** The point of the screen {x, y} of a mouse or a finger. */
export function pointOf(event) {
  const { clientX: x, clientY: y } = event.changedTouches?.[0] ?? event
  return { x, y }
}

/** A point of the screen as [x, y] on the canvas. */
export function place(board, point) {
  const { x, y } = board.toFlow(point)
  return [x, y]
}

/** The element under a point that matches; labels and ports lie over their connection and count for it. */
export function under(board, { x, y }, wanted) {
  const root = board.stage.getRootNode()
  for (const element of root.elementsFromPoint(x, y)) {
    const found = board.stage.contains(element) && element.closest(wanted)
    if (found) return found
  }
  return null
}

/** The id of the connection under a point; "" if there is none. */
export function edgeUnder(board, point) {
  const found = under(board, point, '.react-flow__edge, [data-edge]')
  return found?.dataset.edge ?? found?.dataset.id ?? ''
}
