// The scene as React Flow wants it. What did not change keeps its identity, so that React draws only what did.

import { complete } from './graph.js'
import { portY } from './size.js'

const DOT = 11 // across a port, as nodes.css draws it
const LEFT = 1 - DOT / 2 // where it begins: its middle lies on the inner side of the border

/** A connection's text on the canvas: the shape that runs along it. */
function edgeData(source, edge, skips) {
  const outputs = source?.about.outputs ?? []
  const output = outputs.find((one) => one.name === edge.output) ?? (edge.output ? undefined : outputs[0])
  const faulty = Boolean(edge.broken)
  return { label: output?.shape ?? '', bytes: output?.bytes ?? 0, faulty, skips }
}

/**
 * How large React Flow has to take a node, and where its ports lie. It would draw every node once to find that out, of
 * those too that are not seen: minutes, if there are thousands.
 */
export function outlined(node, { width, height }) {
  const handles = [['inputs', 'target', 'left', LEFT], ['outputs', 'source', 'right', width - LEFT - DOT]]
  return {
    measured: { width, height },
    handles: handles.flatMap(([side, type, position, x]) =>
      node.about[side].map(({ name }, place, all) => {
        return { id: name, type, position, x, y: portY(place, all.length) + LEFT, width: DOT, height: DOT }
      }),
    ),
  }
}

/** The nodes of React Flow; `places` holds those without a position of their own. */
export function flowNodes(before, nodes, { places, heat, kinds, board, size, wanted }) {
  const known = new Map(before.map((one) => [one.id, one]))
  const after = nodes.map((node) => {
    const old = known.get(node.id)
    const [x, y] = node.position ?? places.get(node.id) ?? [0, 0]
    const position = old?.dragging || (old && old.position.x === x && old.position.y === y) ? old.position : { x, y }
    const warmth = heat?.get(node.id) ?? null
    const data =
      old?.data.node === node && old.data.heat === warmth && old.data.kinds === kinds
        ? old.data
        : { node, kinds, heat: warmth, board }
    if (old && old.data === data && old.position === position) return old
    if (old?.data.node === node && old.data.kinds === kinds) return { ...old, data, position }
    const whole = complete(node, kinds)
    const outline = outlined(whole, size(whole))
    return old ? { ...old, ...outline, data, position } : { id: node.id, type: 'layer', position, data, selected: wanted.has(node.id), ...outline }
  })
  return same(before, after) ? before : after
}

/** The connections of React Flow; `lies(source, target)` tells which pass other nodes. */
export function flowEdges(before, edges, nodes, skipping) {
  const known = new Map(before.map((one) => [one.id, one]))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const after = edges
    .filter((edge) => byId.has(edge.source) && byId.has(edge.node))
    .map((edge) => flowEdge(known.get(edge.id), edge, byId, skipping))
  return same(before, after) ? before : after
}

function flowEdge(old, edge, byId, skipping) {
  const source = byId.get(edge.source)
  const target = byId.get(edge.node)
  const broken = target.about.problems.some((one) => one.field === edge.port && one.severity === 'error')
  const data = edgeData(source, { ...edge, broken }, skipping.has(edge.id))
  const sourceHandle = edge.output || source.about.outputs[0]?.name || 'output'
  const kept = old && old.source === edge.source && old.sourceHandle === sourceHandle && equal(old.data, data)
  if (kept) return old
  const { id, node, port } = edge
  return { ...old, id, type: 'shape', source: edge.source, sourceHandle, target: node, targetHandle: port, data }
}

const equal = (one, other) => Object.keys(other).every((key) => one[key] === other[key])
const same = (one, other) => one.length === other.length && one.every((item, place) => item === other[place])

/** The smallest box around nodes of React Flow. */
export function around(nodes, size) {
  if (!nodes.length) return { x: 0, y: 0, width: 0, height: 0 }
  const boxes = nodes.map((one) => ({ ...one.position, ...size(one.data.node) }))
  const x = Math.min(...boxes.map((one) => one.x))
  const y = Math.min(...boxes.map((one) => one.y))
  const right = Math.max(...boxes.map((one) => one.x + one.width))
  const bottom = Math.max(...boxes.map((one) => one.y + one.height))
  return { x, y, width: right - x, height: bottom - y }
}
