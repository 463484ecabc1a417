// How large a node is, where its ports lie, and how nodes stand apart, known before anything is drawn. Pure.

export const WIDTH = 190
export const GRID = 10
export const GAP = 100 // from a node to the next: room for the shape on the connection
const HEAD = 44
const PORT = 22
const ROW = 26
const FOOT = 27
const EDGE = 2 // its border, above and below
const PAD = 9 // around ports and around fields

/** Zooms below which a node's words are large; its name, kind and shape are all that is left; its name; its icon. */
export const HALFWAY = 0.75
export const FAR = 0.5
export const FARTHER = 0.3
export const FARTHEST = 0.17

/** So many nodes are drawn wherever they lie; of more only those that are seen. */
export const MANY = 80

/** How large the letters on connections are at a zoom, in the canvas's pixels; 0 where they could not be read. */
export const lettersAt = (zoom) => (zoom < 0.45 ? 0 : zoom < 0.7 ? 16 : zoom < 0.9 ? 13 : 11)

/** The nearest place on the grid. */
export const snap = (value) => Math.round(value / GRID) * GRID

/** The height of a node without ports of several and without fields. */
export const BARE = HEAD + FOOT + EDGE

/** The height of a node as node.jsx draws it; it does not depend on names or shapes. */
export function heightOf(node) {
  const ports = rows(node)
  const fields = node.about.fields.length
  return BARE + (ports && ports * PORT + PAD) + (fields && fields * ROW + PAD)
}

/** How many rows the names of ports take; a single port lies beside the node's name and needs none. */
export function rows({ about }) {
  return Math.max(...[about.inputs, about.outputs].map(({ length }) => (length > 1 ? length : 0)))
}

/** How far below the node's top the port of a side lies, given its place among so many. */
export function portY(place, count) {
  return count > 1 ? HEAD + (EDGE + PAD + 1) / 2 + (place + 0.5) * PORT : (HEAD + EDGE) / 2
}

/** How far below the node's top a connection meets it; its middle where the port is not known. */
export function meets({ about }, side, port) {
  const place = about[side].findIndex(({ name }) => name === port)
  return portY(Math.max(place, 0), about[side].length)
}
