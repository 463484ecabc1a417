// Nodes as text, so that they can be copied between projects, browsers and people; and read again, with suspicion.
import { copied } from './graph.js'
import { snap } from './size.js'

const MOST = 2000
const NOTHING = 'The clipboard holds no nodes. Copy nodes on a canvas first (Ctrl+C).'

const plainNode = ({ id, kind, config, inputs, shares }, position) => ({ id, kind, config, inputs, shares, position })

/** What is copied: the nodes with their places, and the blocks that they use as far as they are known. */
export function carried(board, ids) {
  const chosen = board.state.nodes.filter((node) => ids.includes(node.id))
  const nodes = chosen.map((node) => plainNode(node, node.position ?? board.places.get(node.id) ?? [0, 0]))
  const blocks = {}
  for (const node of chosen) Object.assign(blocks, known(board, node.config.block))
  return { strata: 'nodes', nodes, blocks }
}

/** The nodes and blocks that a text describes; throws an Error whose message says why there are none. */
export function readable(text) {
  let what
  try {
    what = JSON.parse(text)
  } catch {
    throw new Error(NOTHING)
  }
  if (what?.strata !== 'nodes' || !Array.isArray(what.nodes)) throw new Error(NOTHING)
  if (!what.nodes.length) throw new Error('There are no nodes in what was copied.')
  if (what.nodes.length > MOST) throw new Error(`At most ${MOST} nodes can be pasted at once. Got ${what.nodes.length}.`)
  const nodes = what.nodes.map(mended)
  if (new Set(nodes.map((node) => node.id)).size < nodes.length) throw new Error('Two of the copied nodes have the same name.')
  return { nodes, blocks: record(what.blocks) }
}

const record = (value) => (value && typeof value === 'object' && !Array.isArray(value) ? value : {})
const texts = (value) => Object.fromEntries(Object.entries(record(value)).filter(([, one]) => typeof one === 'string'))

function mended(node) {
  const { id, kind, config, inputs, shares, position } = record(node)
  if (typeof id !== 'string' || typeof kind !== 'string') throw new Error('A copied node has no name or no kind.')
  const placed = Array.isArray(position) && position.length === 2 && position.every(Number.isFinite)
  return {
    id, kind, config: record(config), inputs: texts(inputs), shares: typeof shares === 'string' ? shares : '',
    position: placed ? position : [0, 0],
  }
}

/** The edit that places them, under ids that are free, and these ids. */
export function pasted(nodes, what, by) {
  const taken = new Set(nodes.map((node) => node.id))
  const ids = new Map()
  for (const { id } of what.nodes) {
    ids.set(id, copied(id, taken))
    taken.add(ids.get(id))
  }
  const renamed = (source) => {
    const [id, ...port] = source.split('.')
    return [ids.get(id), ...port].join('.')
  }
  const copies = what.nodes.map((node) => ({
    ...node,
    id: ids.get(node.id),
    inputs: Object.fromEntries(
      Object.entries(node.inputs).filter(([, source]) => ids.has(source.split('.')[0])).map(([port, source]) => [port, renamed(source)]),
    ),
    shares: ids.get(node.shares) ?? '',
  }))
  return { ids: [...ids.values()], edit: { edit: 'paste', nodes: copies, blocks: what.blocks, by } }
}

/** How far copies go so that their left upper corner lies at a place. */
export function distance(nodes, [x, y]) {
  const left = Math.min(...nodes.map((node) => node.position[0]))
  const top = Math.min(...nodes.map((node) => node.position[1]))
  return [x - left, y - top].map(snap)
}

const learnt = new WeakMap() // store → Map of a block's name to {name: graph} with the blocks inside it

const known = (board, name) => (name && learnt.get(board.store)?.get(`${board.state.scene.revision} ${name}`)) ?? {}

/** Ask for the definitions of the blocks that these nodes use, so that they can be copied at once. */
export async function learn(board, nodes) {
  const { revision } = board.state.scene
  const cache = learnt.get(board.store) ?? learnt.set(board.store, new Map()).get(board.store)
  for (const node of nodes) {
    const key = `${revision} ${node.config.block}`
    if (!node.about.block || cache.has(key)) continue
    cache.set(key, {})
    try {
      cache.set(key, await definitions(board, [...board.state.path, node.id], node.config.block))
    } catch {
      cache.delete(key) // not reachable now: asked again when the nodes are chosen again
    }
  }
}

async function definitions(board, path, name) {
  const { base, project } = board.store
  const query = new URLSearchParams({ role: board.state.role, path: path.join('.') })
  const answer = await fetch(`${base}/api/projects/${encodeURIComponent(project)}/scene?${query}`)
  if (!answer.ok) throw new Error(answer.status)
  const scene = await answer.json()
  const nodes = scene.nodes.map((node) => plainNode(node, node.position))
  const found = { [name]: { nodes, arguments: scene.blocks.find((one) => one.name === name)?.arguments ?? {} } }
  for (const node of scene.nodes) {
    if (node.about.block && !found[node.config.block]) {
      Object.assign(found, await definitions(board, [...path, node.id], node.config.block))
    }
  }
  return found
}
