// Where a new node goes: what it reads, who reads it then, and which nodes give way. Pure.
import { fresh, head, leadsTo } from './graph.js'
import { GAP, GRID, snap } from './size.js'
import { ANY, cleared, DOWN, ONWARD, pushed } from './space.js'

const END = 'Output'
const MOST_FIELDS = 4 // on a node
const LINE = 6 // so many nodes stay one row
const RETURN = 60 // between two rows: room for the connection that leads back
const NO_PORTS = { inputs: [], outputs: [] }

/** The nodes as boxes on the canvas, by id; `places` has those that have no position of their own. */
export function boxes({ nodes, places, size }) {
  return new Map(
    nodes.map((node) => {
      const [x, y] = node.position ?? places.get(node.id) ?? [0, 0]
      return [node.id, { id: node.id, x, y, ...size(node) }]
    }),
  )
}

/** Who reads an output ("node" or "node.port"), as [{node, port}]. */
export function readers(nodes, reference) {
  return nodes.flatMap((node) =>
    Object.entries(node.inputs)
      .filter(([, source]) => source === reference)
      .map(([port]) => ({ node: node.id, port })),
  )
}

/** The ids of the nodes and of what reads them, directly or not, as far as it lies further right: not the next row. */
function ahead(nodes, all, ids) {
  const found = new Set(ids)
  const reads = (node) => (source) => found.has(head(source)) && all.get(head(source)).x < all.get(node.id).x
  for (let grew = true; grew; ) {
    const before = found.size
    for (const node of nodes) if (Object.values(node.inputs).some(reads(node))) found.add(node.id)
    grew = found.size > before
  }
  return found
}

/**
 * Behind what a new node goes when nothing else is said: {sources, heirs?}; sources are references, heirs the ports
 * that read the new node from then on (by default all that read the first source).
 */
export function behind(nodes, selected) {
  const chosen = selected.map((id) => nodes.find((node) => node.id === id)).filter(Boolean)
  const given = chosen.filter((node) => node.kind !== END).map((node) => node.id)
  if (given.length) return { sources: given.sort((a, b) => leadsTo(nodes, a, b) - leadsTo(nodes, b, a)) }
  const end = chosen[0] ?? lastOpen(nodes)
  if (!end) return { sources: [] }
  if (end.kind !== END) return { sources: [end.id] }
  const [port, source] = Object.entries(end.inputs)[0] ?? ['input', lastOpen(nodes, false)?.id]
  return { sources: source ? [source] : [], heirs: [{ node: end.id, port }] }
}

function lastOpen(nodes, orEnd = true) {
  const read = new Set(nodes.flatMap((node) => Object.values(node.inputs).map(head)))
  const open = nodes.filter((node) => !read.has(node.id))
  return open.findLast((node) => node.kind !== END) ?? (orEnd ? open.findLast((node) => node.inputs.input) : undefined)
}

/** The kind of a new node; the ports of a block are those that its definition says. */
export function specOf({ kinds, blocks = [] }, { kind, config = {} }) {
  const block = config.block && blocks.find((one) => one.name === config.block)
  if (!block) return Object.hasOwn(kinds, kind) ? kinds[kind] : NO_PORTS
  return { ...kinds[kind], inputs: block.inputs ?? [], outputs: block.outputs ?? [], arguments: block.arguments }
}

/** The input ports that a new node of a kind has, at least so many where it takes any number. */
export function portsOf(spec, count = 1) {
  if (!spec.many) return [...spec.inputs, ...(spec.optional ?? [])]
  return Array.from({ length: Math.max(count, 1) }, (_, number) => `${spec.many}${number + 1}`)
}

/**
 * The one edit that places a new node, connected, and its id.
 *
 * @param scene {nodes, kinds, blocks, places, size}: what there is; kinds by name.
 * @param what {kind, config}: what to place.
 * @param where {sources, heirs, at, middle}: what it reads, who reads it, and its left upper corner or, where nothing
 *   is said, the middle of what is seen.
 */
export function placing(scene, { kind, config = {} }, { sources = [], heirs, at, middle = [0, 0] }) {
  const { nodes } = scene
  const id = fresh(nodes, config.block || kind)
  const ports = portsOf(specOf(scene, { kind, config }), sources.length)
  const inputs = Object.fromEntries(sources.slice(0, ports.length).map((source, place) => [ports[place], source]))
  const read = Object.values(inputs)
  const mayRead = kind === END ? [] : (heirs ?? (read.length ? readers(nodes, read[0]) : []))
  const takers = mayRead.filter((heir) => !read.some((source) => leadsTo(nodes, heir.node, head(source))))
  const node = { id, kind, config, inputs, position: null }
  const { position, moved } = room(scene, node, { takers, at, middle })
  const edits = [{ edit: 'add', node: { ...node, position } }]
  if (Object.keys(moved).length) edits.unshift({ edit: 'move', positions: moved })
  for (const taker of takers) edits.push({ edit: 'connect', source: id, ...taker })
  return { id, edit: edits.length > 1 ? { edit: 'several', edits } : edits[0] }
}

/** Where a node that is new, or not connected yet, fits, and where the nodes go that give way to it: {position, moved}. */
export function room(scene, node, { takers = [], at, middle }) {
  const all = boxes(scene)
  all.delete(node.id)
  const { width, height } = scene.size(node.about ? node : sketch(scene, node))
  const sources = Object.values(node.inputs).map((source) => all.get(head(source)))
  const left = sources.length ? Math.max(...sources.map((box) => box.x + box.width)) + GAP : middle[0] - width / 2
  const level = sources.length ? beside(sources[0], takers.map((taker) => all.get(taker.node))) : middle[1] - height / 2
  const [x, y] = at ?? turned([left, level], [...all.values()], { width, open: sources.length === 1 && !takers.length })
  const box = { x: snap(x), y: snap(y), width, height }
  const moved = at ? {} : shifted(scene.nodes, all, takers, box)
  for (const [id, [x, y]] of Object.entries(moved)) all.set(id, { ...all.get(id), x, y })
  const [dx, dy] = cleared([box], [...all.values()], at ? ANY : ONWARD)
  return { position: [box.x + dx, box.y + dy], moved }
}

/** Where a node goes that ends a row: onward, or at the beginning of the next where the row is as long as rows are. */
function turned([x, y], boxes, { width, open }) {
  if (!open) return [x, y]
  const first = Math.min(...boxes.map((box) => box.x))
  const most = Math.max(first + LINE * (width + GAP) - GAP, ...boxes.map((box) => box.x + box.width))
  const low = Math.max(...boxes.map((box) => box.y + box.height))
  return x + width > most ? [first, low + RETURN] : [x, y]
}

/** The height at which a node between two others lies: that of the one behind it, where that does not lie in another row. */
const beside = (source, [taker, ...more]) => (taker && !more.length && taker.x > source.x ? taker.y : source.y)

/** How far copies of nodes go, at least so far, so that they lie upon nothing; and the boxes that they then are. */
export function copied(scene, { nodes, blocks }, [x, y], coming = []) {
  const own = Object.entries(blocks).filter(([, block]) => Array.isArray(block?.nodes)).map(([name, block]) => {
    const ports = (kind) => block.nodes.filter((one) => one?.kind === kind).map((one) => one.id)
    return { name, inputs: ports('Input'), outputs: ports(END), arguments: block.arguments }
  })
  const known = { ...scene, blocks: [...own, ...(scene.blocks ?? [])] }
  const group = nodes.map((node) => ({ x: node.position[0] + x, y: node.position[1] + y, ...scene.size(sketch(known, node)) }))
  const [dx, dy] = cleared(group, [...boxes(scene).values(), ...coming], ONWARD)
  return { by: [x + dx, y + dy], group: group.map((box) => ({ ...box, x: box.x + dx, y: box.y + dy })) }
}

/** A node as the server will tell it, as far as its height goes; rather too high. */
function sketch(scene, node) {
  const named = (names) => names.map((name) => ({ name }))
  const spec = specOf(scene, node)
  const ports = [...new Set([...portsOf(spec, 2), ...Object.keys(node.inputs)])]
  const fields = node.config.block ? 1 + Object.keys(spec.arguments ?? {}).length : 2 + Object.keys(node.config).length
  const about = { fields: Array(Math.min(fields, MOST_FIELDS)).fill({}), inputs: named(ports), outputs: named(spec.outputs) }
  return { ...node, about }
}

/** New positions of the takers, of what follows them in their row, and of what lies there, if the box does not fit before them. */
function shifted(nodes, all, takers, box) {
  const near = takers.map((taker) => all.get(taker.node)).filter((one) => one.x + one.width > box.x - GAP)
  if (!near.length) return {}
  const nearest = Math.min(...near.map((one) => one.x))
  const by = Math.ceil((box.x + box.width + GAP - nearest) / GRID) * GRID
  if (by <= 0) return {}
  const behind = [...ahead(nodes, all, near.map((one) => one.id))].filter((id) => all.get(id).x >= nearest)
  return Object.fromEntries([...pushed(all, behind, by)].map((id) => [id, [all.get(id).x + by, all.get(id).y]]))
}

/** A fix with the nodes that it inserts put before the node at fault, which gives way with all behind it. */
export function spread(scene, edit) {
  const edits = edit.edit === 'several' ? edit.edits : [edit]
  const added = edits.find((one) => one.edit === 'add')
  const reader = added && edits.find((one) => one.edit === 'connect' && one.source === added.node.id)
  if (!reader) return edit
  const { position, moved } = room(scene, added.node, { takers: [{ node: reader.node, port: reader.port }] })
  const placed = edits.map((one) => (one === added ? { ...one, node: { ...one.node, position } } : one))
  const first = Object.keys(moved).length ? [{ edit: 'move', positions: moved }] : []
  return { edit: 'several', edits: [...first, ...placed] }
}

/**
 * Where nodes go that come out of a block, and those that give way to them, as [id, [x, y]].
 *
 * @param all the boxes as they were, the block's among them.
 * @param group [{id, at: [x, y], width, height}], their left upper corner at 0, 0.
 */
export function unfolded(all, id, group) {
  const { x, y, width, height } = all.get(id)
  const [right, down] = ['width', 'height'].map((side, axis) => Math.max(...group.map((one) => one.at[axis] + one[side])))
  const others = [...all.values()].filter((one) => one.id !== id)
  const under = others.filter((one) => one.y >= y + height)
  const level = new Map(others.filter((one) => !under.includes(one)).map((one) => [one.id, one]))
  const row = [...level.values()].filter((one) => one.y + one.height > y)
  const by = Math.max(0, right - width)
  const aside = pushed(level, row.filter((one) => one.x > x).map((one) => one.id), by)
  const still = [...level.values()].map((one) => (aside.has(one.id) ? { ...one, x: one.x + by } : one))
  const inner = group.map((one) => ({ id: one.id, x: x + one.at[0], y: y + one.at[1], width: one.width, height: one.height }))
  const above = Math.max(y + height, ...row.map((one) => one.y + one.height))
  const lower = under.map((one) => ({ ...one, y: one.y + Math.max(0, snap(y + down - above)) }))
  const [, more] = cleared(lower, [...inner, ...still], [DOWN])
  const places = [...inner, ...still.filter((one) => aside.has(one.id)), ...lower.map((one) => ({ ...one, y: one.y + more }))]
  return places.map((one) => [one.id, [one.x, one.y]])
}
