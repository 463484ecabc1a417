// Geometry of the selection: the neighbour in a direction, nodes in a line. Pure.
import { head } from './graph.js'
import { snap } from './size.js'

const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2]
const WAYS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }

/** The id of the node that lies next to one in a direction: what it reads or who reads it first; "" if there is none. */
export function neighbour(nodes, all, from, direction) {
  if (!all.has(from)) return [...all.values()].sort((a, b) => a.x - b.x || a.y - b.y)[0]?.id ?? ''
  const [dx, dy] = WAYS[direction]
  const start = middle(all.get(from))
  const linked = dx && near(nodes, from, dx)
  const ahead = [...all.values()].flatMap((box) => {
    const [x, y] = middle(box)
    const along = (x - start[0]) * dx + (y - start[1]) * dy
    const aside = Math.abs((x - start[0]) * dy) + Math.abs((y - start[1]) * dx)
    return box.id !== from && along > 0 ? [{ id: box.id, far: along + 2 * aside }] : []
  })
  const nearest = (list) => list.sort((a, b) => a.far - b.far)[0]?.id
  const connected = linked && nearest(ahead.filter((one) => linked.has(one.id)))
  return connected || (linked && [...linked].find((id) => all.has(id))) || nearest(ahead) || ''
}

function near(nodes, from, dx) {
  const own = nodes.find((node) => node.id === from)
  if (dx < 0) return new Set(Object.values(own.inputs).map(head))
  const reads = (node) => Object.values(node.inputs).some((source) => head(source) === from)
  return new Set(nodes.filter(reads).map((node) => node.id))
}

/** New positions of boxes in a line: "left", "right", "top", "bottom", or evenly "across" or "down". */
export function aligned(all, how) {
  const put = (place) => Object.fromEntries(all.map((box) => [box.id, place(box)]))
  const least = (of) => Math.min(...all.map(of))
  const most = (of) => Math.max(...all.map(of))
  if (how === 'left') return put((box) => [least((one) => one.x), box.y])
  if (how === 'right') return put((box) => [most((one) => one.x + one.width) - box.width, box.y])
  if (how === 'top') return put((box) => [box.x, least((one) => one.y)])
  if (how === 'bottom') return put((box) => [box.x, most((one) => one.y + one.height) - box.height])
  return how === 'across' ? even(all, 'x', 'width') : even(all, 'y', 'height')
}

/** With equal gaps between the first and the last. */
function even(all, axis, side) {
  const sorted = [...all].sort((a, b) => a[axis] - b[axis])
  const last = sorted.at(-1)
  const filled = sorted.reduce((sum, box) => sum + box[side], 0)
  const gap = (last[axis] + last[side] - sorted[0][axis] - filled) / (sorted.length - 1)
  let at = sorted[0][axis]
  const places = {}
  for (const box of sorted) {
    places[box.id] = axis === 'x' ? [snap(at), box.y] : [box.x, snap(at)]
    at += box[side] + gap
  }
  return places
}
