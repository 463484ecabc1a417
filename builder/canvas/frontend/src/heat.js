// How much of the whole cost a node has, on a logarithmic scale: from the smallest that counts to the largest.

const RANGE = 1e4 // what costs this much less than the most expensive node is as cold as one that costs nothing

/** The heat of nodes as Map id → 0..1; `by` is "parameters", "multiply_adds" or "bytes". */
export function heatOf(nodes, by) {
  const costs = nodes.map((node) => [node.id, node.about[by] ?? 0])
  const most = Math.max(...costs.map(([, cost]) => cost), 0)
  return new Map(costs.map(([id, cost]) => [id, warmth(cost, most)]))
}

function warmth(cost, most) {
  if (cost <= 0) return 0
  return Math.max(0, 1 + Math.log(cost / most) / Math.log(RANGE))
}
