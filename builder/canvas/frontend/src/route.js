// Where connections run. Most are a plain curve; one that would pass behind nodes arcs over them, and one that leads
// backward goes around. Several of them keep to lanes of their own. Pure, in the canvas's coordinates.

import { meets, WIDTH } from './size.js'

const CLEAR = 12 // between a connection and a node that it passes
const RISE = 22 // from the top of a node to the first lane over it: the label finds room
const LANE = 20 // between two lanes
const TURN = 24 // how far a connection that leads backward goes straight on before it turns
const STEEP = 90 // a curve that climbs more than this has its label on it
const TRIES = 200

/** The routes of the connections that are no plain curve: Map id → {kind: "over" | "around", y, x1, x2}. */
function plan(boxes, links) {
  const all = [...boxes.values()]
  const long = links.map((link) => ends(boxes, link)).filter((one) => one && (one.x2 - one.x1 > WIDTH || backward(one)))
  long.sort((a, b) => Math.abs(a.x2 - a.x1) - Math.abs(b.x2 - b.x1))
  const runs = []
  const found = new Map()
  for (const link of long) {
    const near = all.filter((box) => box.x < Math.max(link.x1, link.x2) + TURN && right(box) > Math.min(link.x1, link.x2) - TURN)
    const route = backward(link) ? around(link, near, runs) : over(link, near, runs)
    if (!route) continue
    runs.push({ y: route.y, from: Math.min(route.x1, route.x2), to: Math.max(route.x1, route.x2) })
    found.set(link.id, route)
  }
  return found
}

const right = (box) => box.x + box.width
const bottom = (box) => box.y + box.height
const backward = ({ x1, x2 }) => x2 < x1 + TURN / 2

function ends(boxes, { id, source, target, output, port }) {
  const from = boxes.get(source)
  const to = boxes.get(target)
  if (!from || !to) return undefined
  const y1 = from.y + meets(from.node, 'outputs', output)
  const y2 = to.y + meets(to.node, 'inputs', port)
  return { id, source, target, x1: right(from), y1, x2: to.x, y2 }
}

/** The way over (or, where it is much nearer, under) what a plain curve would pass behind; none if it is free. */
function over(link, near, runs) {
  const { x1, y1, x2, y2, source, target } = link
  const between = near.filter((box) => box.id !== source && box.id !== target && box.x < x2 && right(box) > x1)
  if (!between.some((box) => behind(box, link))) return undefined
  const middle = (y1 + y2) / 2
  const span = [x1 + TURN, x2 - TURN]
  const up = level(middle, -1, between, runs, span)
  const down = level(middle, 1, between, runs, span)
  const y = middle - up <= 2 * (down - middle) ? up : down
  const first = Math.min(...passed(between, y, y1).map((box) => box.x), x1 + WIDTH)
  const last = Math.max(...passed(between, y, y2).map(right), x2 - WIDTH)
  const half = (x1 + x2) / 2
  return { kind: 'over', y, x1: Math.min(Math.max(first + CLEAR, x1 + TURN), half), x2: Math.max(Math.min(last - CLEAR, x2 - TURN), half) }
}

/** The way back to a node that lies further left: along a gap between rows of nodes, or beyond them. */
function around({ x1, y1, x2, y2 }, near, runs) {
  const span = [x2 - TURN, x1 + TURN]
  const between = near.filter((box) => box.x < span[1] && right(box) > span[0])
  const middle = gap(between, y1, y2) ?? (y1 + y2) / 2
  const up = level(middle, -1, between, runs, span)
  const down = level(middle, 1, between, runs, span)
  return { kind: 'around', y: middle - up < down - middle ? up : down, x1: span[1], x2: span[0] }
}

/** The middle of the gap between rows of boxes that is nearest to the half of the way between two ports, if there is one. */
function gap(boxes, y1, y2) {
  const [top, end] = y1 < y2 ? [y1, y2] : [y2, y1]
  const rows = boxes.filter((box) => bottom(box) > top && box.y < end).sort((a, b) => a.y - b.y)
  const middles = []
  let low = top
  for (const box of rows) {
    if (box.y - low > 2 * CLEAR) middles.push((low + box.y) / 2)
    low = Math.max(low, bottom(box))
  }
  const far = (y) => Math.abs(y - (y1 + y2) / 2)
  return middles.sort((a, b) => far(a) - far(b))[0]
}

/** Whether the plain curve between two ports would pass behind a box. */
function behind(box, { x1, y1, x2, y2 }) {
  if (box.y > Math.max(y1, y2) + CLEAR || bottom(box) < Math.min(y1, y2) - CLEAR) return false
  const reach = (x2 - x1) / 2
  for (let step = 1; step < 24; step += 1) {
    const t = step / 24
    const x = curve(t, x1, x1 + reach, x2 - reach, x2)
    const y = curve(t, y1, y1, y2, y2)
    if (x > box.x && x < right(box) && y > box.y - CLEAR / 2 && y < bottom(box) + CLEAR / 2) return true
  }
  return false
}

const curve = (t, a, b, c, d) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d

/** The first height, going up (-1) or down (1), at which a straight run meets no box and no other run. */
function level(start, way, boxes, runs, [from, to]) {
  let y = start
  for (let tries = 0; tries < TRIES; tries += 1) {
    const box = boxes.find((one) => y > one.y - CLEAR && y < bottom(one) + CLEAR)
    const run = box ? undefined : runs.find((one) => one.from < to && one.to > from && Math.abs(one.y - y) < LANE)
    if (!box && !run) return y
    if (box) y = way < 0 ? box.y - RISE : bottom(box) + RISE
    else y = run.y + way * LANE
  }
  return y
}

/** The boxes that lie beside the way from a port's height to the lane. */
function passed(boxes, y, port) {
  const [high, low] = y < port ? [y, port] : [port, y]
  return boxes.filter((box) => box.y < low + CLEAR && bottom(box) > high - CLEAR)
}

/** The line of a connection as an SVG path, and where its label goes, on or under the point: {path, x, y, room, under}. */
export function line(route, { x1, y1, x2, y2 }) {
  if (route?.kind === 'over') return arc(route, { x1, y1, x2, y2 })
  if (route?.kind === 'around') return loop(route, { x1, y1, x2, y2 })
  const reach = Math.max(Math.abs(x2 - x1) / 2, 20)
  const path = `M${x1} ${y1}C${x1 + reach} ${y1} ${x2 - reach} ${y2} ${x2} ${y2}`
  const under = Math.abs(y2 - y1) < STEEP // below its lower end, where no arc crosses it
  return { path, x: (x1 + x2) / 2, y: under ? Math.max(y1, y2) : (y1 + y2) / 2, room: x2 - x1 - 12, under }
}

function arc(route, { x1, y1, x2, y2 }) {
  const { y, x1: from, x2: to } = route
  const bend = 0.55
  const rise = `C${x1 + bend * (from - x1)} ${y1} ${from - bend * (from - x1)} ${y} ${from} ${y}`
  const fall = `C${to + bend * (x2 - to)} ${y} ${x2 - bend * (x2 - to)} ${y2} ${x2} ${y2}`
  return { path: `M${x1} ${y1}${rise}L${to} ${y}${fall}`, x: (from + to) / 2, y, room: Math.max(to - from, 120), under: false }
}

function loop({ y, x1: out, x2: back }, { x1, y1, x2, y2 }) {
  const corners = [[out, y1], [out, y], [back, y], [back, y2]]
  let path = `M${x1} ${y1}`
  let before = [x1, y1]
  corners.forEach((corner, place) => {
    const after = corners[place + 1] ?? [x2, y2]
    const [cutIn, cutOut] = [toward(corner, before), toward(corner, after)]
    path += `L${cutIn}Q${corner} ${cutOut}`
    before = corner
  })
  return { path: `${path}L${x2} ${y2}`, x: (out + back) / 2, y, room: Math.max(out - back, 120), under: false }
}

/** The point near a corner at which its rounding begins, on the way to another point. */
function toward([x, y], [to, down], radius = 12) {
  const far = Math.hypot(to - x, down - y)
  const part = far ? Math.min(radius, far / 2) / far : 0
  return [x + (to - x) * part, y + (down - y) * part]
}

/** The lines of all connections between nodes as one SVG path. */
export function threads(nodes, edges) {
  const boxes = boxesOf(nodes)
  const links = edges.map(linkOf)
  const routes = plan(boxes, links)
  const drawn = links.map((link) => ends(boxes, link)).filter(Boolean)
  return drawn.map((link) => line(routes.get(link.id), link).path).join('')
}

/** The plan for what React Flow shows, made anew only when a node moved or a connection came or went. */
export function planOf(state) {
  const old = plans.get(state.nodeLookup)
  if (old && old.nodes === state.nodes && old.edges === state.edges) return old.plan
  const boxes = boxesOf(state.nodes)
  const unmoved = old && old.edges === state.edges && sameBoxes(old.boxes, boxes)
  const next = unmoved ? old.plan : kept(old?.plan, plan(boxes, state.edges.map(linkOf)))
  plans.set(state.nodeLookup, { nodes: state.nodes, edges: state.edges, boxes, plan: next })
  return next
}

const plans = new WeakMap()

const linkOf = ({ id, source, target, sourceHandle, targetHandle }) => ({ id, source, target, output: sourceHandle, port: targetHandle })

function boxesOf(nodes) {
  return new Map(nodes.map(({ id, position, measured, data }) => {
    const height = measured?.height ?? 0
    return [id, { id, x: position.x, y: position.y, width: WIDTH, height, node: data.node }]
  }))
}

function sameBoxes(one, other) {
  if (one.size !== other.size) return false
  for (const [id, box] of other) {
    const old = one.get(id)
    if (!old || old.x !== box.x || old.y !== box.y || old.height !== box.height) return false
  }
  return true
}

/** Routes that did not change stay the same objects, so that only what moved is drawn again. */
function kept(old, routes) {
  for (const [id, route] of routes) {
    const before = old?.get(id)
    if (before && Object.keys(route).every((key) => before[key] === route[key])) routes.set(id, before)
  }
  return routes
}
