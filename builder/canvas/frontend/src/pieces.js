// A graph in pieces: cut wherever a single connection leads on, so that a chain of thousands is laid out link by link. Pure.
import dagre from '@dagrejs/dagre'
import { GAP } from './size.js'

const MOST = 400 // nodes that dagre lays out at once: its time grows with their square, and its calls as deep as a chain is long
const BETWEEN = 40 // between two branches

/** Boxes {id, x, y} of connected nodes from left to right; `sizes` gives each one's {width, height} by id. */
export function fromLeft(ids, edges, sizes) {
  if (ids.length <= MOST) return layered(ids, edges, sizes)
  const order = sorted(ids, edges)
  const boxes = new Map()
  let left = 0
  for (const piece of cut(order, edges)) {
    const own = piece.ids.length > MOST ? columns(piece, sizes) : layered(piece.ids, piece.edges, sizes)
    const { source, node } = piece.entry ?? {}
    const by = source ? boxes.get(source).y - own.find((box) => box.id === node).y : 0
    const first = own.reduce((least, box) => Math.min(least, box.x), Infinity)
    let right = left
    for (const { id, x, y } of own) {
      boxes.set(id, { id, x: left + x - first, y: y + by })
      right = Math.max(right, left + x - first + sizes.get(id).width)
    }
    left = right + GAP
  }
  return [...boxes.values()]
}

/** The boxes as dagre puts them; all are as high as the highest, so that the tops of a chain are level. */
function layered(ids, edges, sizes) {
  if (ids.length === 1) return [{ id: ids[0], x: 0, y: 0 }]
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: BETWEEN, edgesep: 20, ranksep: GAP })
  graph.setDefaultEdgeLabel(() => ({}))
  const height = highest(ids, sizes)
  for (const id of ids) graph.setNode(id, { width: sizes.get(id).width, height })
  for (const edge of edges) graph.setEdge(edge.source, edge.node, {}, edge.id)
  dagre.layout(graph)
  return ids.map((id) => ({ id, x: graph.node(id).x, y: graph.node(id).y }))
}

const highest = (ids, sizes) => ids.reduce((most, id) => Math.max(most, sizes.get(id).height), 0)

/** A piece too large for dagre: each node one column behind the last that it reads, and as high as they are where there is room. */
function columns({ ids, edges }, sizes) {
  const reads = grouped(edges, 'node', 'source')
  const step = highest(ids, sizes) + BETWEEN
  const wide = ids.reduce((most, id) => Math.max(most, sizes.get(id).width), 0) + GAP
  const found = new Map()
  const filled = new Map() // the lowest place of each column that is taken
  for (const id of ids) {
    const before = (reads.get(id) ?? []).map((one) => found.get(one)).filter(Boolean)
    const column = before.reduce((most, box) => Math.max(most, box.column + 1), 0)
    const wanted = before.reduce((sum, box) => sum + box.y, 0) / Math.max(before.length, 1)
    const y = Math.max(wanted, (filled.get(column) ?? -Infinity) + step)
    filled.set(column, y)
    found.set(id, { id, column, x: column * wide, y })
  }
  return [...found.values()]
}

/** The ids in an order in which each comes behind what it reads, and what begins there comes just before who needs it. */
export function sorted(ids, edges) {
  const reads = grouped(edges, 'node', 'source')
  const read = new Set(edges.map(({ source }) => source))
  const order = new Set()
  const begun = new Set()
  for (const end of [...ids.filter((id) => !read.has(id)), ...ids]) {
    const waiting = [end] // no recursion: a chain is as deep as it is long
    while (waiting.length) {
      const id = waiting.at(-1)
      const before = begun.has(id) ? [] : (reads.get(id) ?? []).filter((one) => !begun.has(one))
      begun.add(id)
      if (before.length) waiting.push(...before.reverse())
      else order.add(waiting.pop())
    }
  }
  return [...order]
}

/** The pieces of an order, as [{ids, edges, entry}]: one connection (`entry`) leads into each from those before it. */
function cut(order, edges) {
  const place = new Map(order.map((id, at) => [id, at]))
  const onward = edges.filter(({ source, node }) => place.get(source) < place.get(node))
  const open = Array(order.length + 1).fill(0) // by how many connections more or fewer are open behind a place
  for (const { source, node } of onward) {
    open[place.get(source)] += 1
    open[place.get(node)] -= 1
  }
  const pieces = []
  const of = []
  let count = 1
  order.forEach((id, at) => {
    if (count === 1) pieces.push({ ids: [], edges: [], entry: null })
    pieces.at(-1).ids.push(id)
    of.push(pieces.at(-1))
    count = (at ? count : 0) + open[at]
  })
  for (const edge of onward) {
    const piece = of[place.get(edge.node)]
    if (piece === of[place.get(edge.source)]) piece.edges.push(edge)
    else piece.entry = edge
  }
  return pieces
}

function grouped(edges, by, what) {
  const found = new Map()
  for (const edge of edges) {
    if (found.has(edge[by])) found.get(edge[by]).push(edge[what])
    else found.set(edge[by], [edge[what]])
  }
  return found
}
