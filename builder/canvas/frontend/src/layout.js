// Where nodes go when nobody has put them anywhere: from left to right, skips around the chain, and long chains in rows.
import { fromLeft, sorted } from './pieces.js'
import { wrapped } from './rows.js'
import { GAP, snap } from './size.js'
import { cleared, ONWARD } from './space.js'

/** Zooms: the least that opens a whole graph (its names are large then), at which text can be read, and at ease. */
const WHOLE = 0.22
export const READABLE = 0.5
export const LEGIBLE = 0.6
const CLEAR = 48 // from the border, where a graph opens at its beginning: nearer, a connection that is drawn moves the board
const FOOT = 16 // more room below a graph: for what is told there
const BETWEEN = 40 // between what has a place and what gets one below it
const APART = 80 // between parts of a graph that are not connected

/** Places for these nodes as Map id → [x, y]; `size(node)` gives {width, height}. */
export function arrange(nodes, edges, size) {
  const ids = new Set(nodes.map((node) => node.id))
  const known = edges.filter((edge) => ids.has(edge.source) && ids.has(edge.node))
  const places = new Map()
  let top = 0
  for (const part of parts(nodes, known)) {
    const own = new Set(part.map((node) => node.id))
    const boxes = lined(part, known.filter((edge) => own.has(edge.node)), size)
    for (const box of boxes) places.set(box.id, [snap(box.x), snap(box.y + top)])
    top = snap(top + Math.max(...boxes.map((box) => box.y + box.height)) + APART)
  }
  return places
}

/** The nodes that are connected with one another, together. */
function parts(nodes, edges) {
  const part = new Map(nodes.map((node) => [node.id, [node]]))
  for (const { source, node } of edges) {
    if (part.get(source) === part.get(node)) continue
    const [other, one] = [part.get(source), part.get(node)].sort((a, b) => a.length - b.length) // the smaller joins the larger
    for (const some of other) {
      one.push(some)
      part.set(some.id, one)
    }
  }
  return new Set(part.values())
}

/** The boxes of connected nodes, their left upper corner at 0, 0. */
function lined(nodes, edges, size) {
  const sizes = new Map(nodes.map((node) => [node.id, size(node)]))
  const order = straight(edges)
  const found = fromLeft(nodes.map(({ id }) => id), order, sizes)
  const least = (axis) => found.reduce((some, box) => Math.min(some, box[axis]), Infinity)
  const [left, top] = ['x', 'y'].map(least)
  const boxes = found.map(({ id, x, y }) => ({ id, x: x - left, y: y - top, ...sizes.get(id) }))
  const kept = new Set(order)
  return wrapped(boxes, edges, edges.filter((edge) => !kept.has(edge)))
}

/** The connections that make up the order: those with a longer way beside them (skips) are left out. */
export function straight(edges) {
  const next = new Map()
  for (const { source, node } of edges) {
    if (next.has(source)) next.get(source).push(node)
    else next.set(source, [node])
  }
  const order = sorted([...new Set(edges.flatMap(({ source, node }) => [source, node]))], edges)
  const place = new Map(order.map((id, at) => [id, at]))
  return edges.filter(({ source, node }) => !next.get(source).some((by) => by !== node && leads({ next, place }, by, node)))
}

/** Whether one node leads to another; what lies behind that one in the order is not looked at. */
function leads({ next, place }, from, to) {
  const seen = new Set([from])
  for (const id of seen) {
    if (id === to) return true
    if (place.get(id) > place.get(to)) continue
    for (const after of next.get(id) ?? []) seen.add(after)
  }
  return false
}

/** Places for the nodes that have none: all of them in order, or each behind what it reads, clear of the others. */
export function unplaced(nodes, edges, size) {
  const lost = nodes.filter((node) => !node.position)
  if (!lost.length) return new Map()
  if (lost.length === nodes.length) return arrange(nodes, edges, size)
  const boxes = new Map(nodes.filter((node) => node.position).map((node) => [node.id, box(node.position, size(node))]))
  const places = new Map()
  for (const node of lost) {
    const before = edges.find((edge) => edge.node === node.id && boxes.has(edge.source))
    const wanted = before ? behind(boxes.get(before.source)) : below([...boxes.values()])
    const [dx, dy] = cleared([box(wanted, size(node))], [...boxes.values()], ONWARD)
    const place = [wanted[0] + dx, wanted[1] + dy]
    boxes.set(node.id, box(place, size(node)))
    places.set(node.id, place)
  }
  return places
}

const box = ([x, y], { width, height }) => ({ x, y, width, height })
const behind = ({ x, y, width }) => [snap(x + width + GAP), snap(y)]
const below = (boxes) => [
  snap(Math.min(...boxes.map((one) => one.x))),
  snap(Math.max(...boxes.map((one) => one.y + one.height)) + BETWEEN),
]

/** The view {x, y, zoom} that opens a graph: all of it if it can be recognised so, else its beginning, to be read. */
export function opening({ x, y, width, height }, stage, { margin = 24, least = WHOLE, most = 1 } = {}) {
  const across = (stage.width - 2 * margin) / Math.max(width, 1)
  const high = stage.height - FOOT
  const down = (high - 2 * margin) / Math.max(height, 1)
  const whole = Math.min(most, across, down)
  const zoom = whole >= least ? whole : Math.min(LEGIBLE, Math.max(across, down, READABLE))
  const begins = (at, length, space) => (length * zoom > space - 2 * margin + 1 ? Math.max(margin, CLEAR) : (space - length * zoom) / 2) - at * zoom
  return { zoom, x: begins(x, width, stage.width), y: begins(y, height, high) }
}

