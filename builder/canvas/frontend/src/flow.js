// The scene as React Flow wants it. What did not change keeps its identity, so that React draws only what did.

/** A connection's text on the canvas: the shape that runs along it. */
function edgeData(source, edge, skips) {
  const outputs = source?.about.outputs ?? []
  const output = outputs.find((one) => one.name === edge.output) ?? (edge.output ? undefined : outputs[0])
  const faulty = Boolean(edge.broken)
  return { label: output?.shape ?? '', bytes: output?.bytes ?? 0, faulty, skips }
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
    if (old) return { ...old, data, position }
    const { width, height } = size(node)
    return { id: node.id, type: 'layer', position, data, selected: wanted.has(node.id), initialWidth: width, initialHeight: height }
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
