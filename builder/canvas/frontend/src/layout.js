// Where nodes go when nobody has put them anywhere: from left to right, skips around the chain, and long chains in rows.
import dagre from '@dagrejs/dagre'
import { wrapped } from './rows.js'
import { GAP, snap } from './size.js'
import { cleared, ONWARD } from './space.js'

/** Zooms: the least that opens a whole graph (its names are large then), at which text can be read, and at ease. */
const WHOLE = 0.25
export const READABLE = 0.5
export const LEGIBLE = 0.6
const FOOT = 16 // more room below a graph: for what is told there
const BETWEEN = 40 // between two branches
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
    const [one, other] = [part.get(source), part.get(node)]
    if (one === other) continue
    one.push(...other)
    for (const { id } of other) part.set(id, one)
  }
  return new Set(part.values())
}

/** The boxes of connected nodes, their left upper corner at 0, 0. */
function lined(nodes, edges, size) {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: BETWEEN, edgesep: 20, ranksep: GAP })
  graph.setDefaultEdgeLabel(() => ({}))
  const sizes = new Map(nodes.map((node) => [node.id, size(node)]))
  const height = Math.max(...[...sizes.values()].map((one) => one.height)) // one for all: the tops of a chain are level
  for (const { id } of nodes) graph.setNode(id, { width: sizes.get(id).width, height })
  const order = straight(edges)
  for (const edge of order) graph.setEdge(edge.source, edge.node, {}, edge.id)
  dagre.layout(graph)
  const found = nodes.map(({ id }) => ({ id, at: graph.node(id) }))
  const left = Math.min(...found.map(({ at }) => at.x))
  const top = Math.min(...found.map(({ at }) => at.y))
  const boxes = found.map(({ id, at }) => ({ id, x: at.x - left, y: at.y - top, ...sizes.get(id) }))
  return wrapped(boxes, edges, edges.filter((edge) => !order.includes(edge)))
}

/** The connections that make up the order: those with a longer way beside them (skips) are left out. */
export function straight(edges) {
  const next = new Map()
  for (const { source, node } of edges) next.set(source, [...(next.get(source) ?? []), node])
  return edges.filter(({ source, node }) => !(next.get(source) ?? []).some((by) => by !== node && leads(next, by, node)))
}

function leads(next, from, to) {
  const seen = new Set([from])
  for (const id of seen) {
    if (id === to) return true
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
  const begins = (at, length, space) => (length * zoom > space - 2 * margin + 1 ? margin : (space - length * zoom) / 2) - at * zoom
  return { zoom, x: begins(x, width, stage.width), y: begins(y, height, high) }
}

