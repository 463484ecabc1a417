// What an edit does to the nodes, before the server has answered. Pure: nothing here knows the DOM or the network.

const UNKNOWN = {
  title: '', category: '', shape: null, dtype: null, parameters: 0, multiply_adds: 0, bytes: 0,
  inputs: [], outputs: [], fields: [], problems: [], block: '', repeat: 1,
}
/** The longest run of ports that a layer with any number of inputs has, as the server counts them. */
const MANY = 64
const LONGEST_STEM = 56

const HOW = {
  add: (nodes, { node }) => (known(nodes, node.id) ? nodes : [...nodes, placed(node)]),
  remove,
  connect(nodes, { source, node, port }) {
    if (!known(nodes, head(source))) return nodes
    return changed(nodes, node, (old) => ({ ...old, inputs: { ...old.inputs, [port]: source } }))
  },
  disconnect: (nodes, { node, port }) =>
    changed(nodes, node, (old) => ({ ...old, inputs: picked(old.inputs, (name) => name !== port) })),
  config(nodes, { node, config }) {
    const same = oneLayer(nodes, node)
    return nodes.map((one) => (same.has(one.id) ? configured(one, config) : one))
  },
  move: (nodes, { positions }) =>
    nodes.map((node) => (Object.hasOwn(positions, node.id) ? { ...node, position: positions[node.id] } : node)),
  share(nodes, { node, owner = '' }) {
    const other = known(nodes, owner)
    if (owner && !other) return nodes
    return changed(nodes, node, (old) => {
      const mine = { ...old, shares: owner }
      if (other?.kind !== old.kind) return mine
      return { ...mine, config: other.config, about: { ...old.about, fields: other.about.fields } }
    })
  },
  several: (nodes, { edits }) => edits.reduce(apply, nodes),
}

/** The nodes after an edit; the same list where only the server knows what the edit does. */
export function apply(nodes, edit) {
  return Object.hasOwn(HOW, edit.edit) ? HOW[edit.edit](nodes, edit) : nodes
}

/** The connections: from the `output` of `source` ("" for its first) to the `port` of `node`. */
export function edgesOf(nodes) {
  return nodes.flatMap(({ id, inputs }) =>
    Object.entries(inputs).map(([port, reference]) => {
      const [source, output] = parted(reference)
      return { id: `${id}.${port}`, source, output, node: id, port }
    }),
  )
}

/** An id that is free: the kind with the next number (`Conv2d` → `conv3`). */
export function fresh(nodes, kind) {
  const stem = kind.replace(/\dd$/, '').toLowerCase().replace(/[^a-z]+/g, '') || 'node'
  let last = 0n
  for (const { id } of nodes) {
    const rest = id.startsWith(stem) ? id.slice(stem.length) : ''
    if (/^\d+$/.test(rest) && BigInt(rest) > last) last = BigInt(rest)
  }
  return `${stem}${last + 1n}`
}

/** The id of a node's copy: its own if that is not taken, else with the next number (`conv1` → `conv2`), as in edits/copies.py. */
export function copied(id, taken) {
  if (!taken.has(id)) return id
  const own = /\d{0,6}$/.exec(id)[0]
  return numbered(id.slice(0, id.length - own.length).slice(0, LONGEST_STEM) || 'node', taken, Number(own))
}

/** The first of stem1, stem2 … that is not taken; of those behind `last`, if it is given. */
export function numbered(stem, taken, last = 0) {
  for (let number = last + 1; ; number += 1) if (!taken.has(`${stem}${number}`)) return `${stem}${number}`
}

/** Whether what the node `from` gives flows into the node `to`, or they are the same. */
export function leadsTo(nodes, from, to) {
  const all = new Map(nodes.map((node) => [node.id, node]))
  const seen = new Set()
  const waiting = [to]
  while (waiting.length) {
    const id = waiting.pop()
    if (id === from) return true
    const node = all.get(id)
    if (!node || seen.has(id)) continue
    seen.add(id)
    waiting.push(...Object.values(node.inputs).map(head))
    if (node.shares) waiting.push(node.shares)
  }
  return false
}

/** Why an output ("" for the first) cannot be connected to a port, in words that teach; "" if it can. */
export function refusal(nodes, kinds, source, output, node, port) {
  const from = known(nodes, source)
  const to = known(nodes, node)
  if (!from || !to) return `'${from ? node : source}' is no longer there.`
  if (source === node) return `'${node}' cannot take what it gives itself: data flows forward only.`
  const given = outputs(from, kinds)
  const gives = output ? given.find((one) => one.name === output) : given[0]
  if (!gives) return given.length ? `'${source}' has no output '${output}'.` : `'${source}' gives nothing on: the network ends there.`
  const taken = ports(to, kinds)
  const takes = taken.find((one) => one.name === port)
  if (!takes) return taken.length ? `'${node}' has no free port '${port}'.` : `'${node}' takes nothing in: the network begins there.`
  if (leadsTo(nodes, node, source)) {
    return `What '${node}' gives already flows into '${source}'. This would close a circle, and data flows forward only.`
  }
  return mismatch(source, gives.dtype, to, takes.takes)
}

/** The input ports of a node, as [{name, required, takes}]; a layer that takes many always has a free one. */
export function ports(node, kinds) {
  const kind = kindOf(node, kinds)
  const said = node.about.inputs
  const plain = said.length || !kind ? said : declared(kind)
  if (!kind?.many) return plain
  const numbers = Object.keys(node.inputs)
    .filter((port) => port.startsWith(kind.many) && /^\d+$/.test(port.slice(kind.many.length)))
    .map((port) => Number(port.slice(kind.many.length)))
  const count = Math.max(1, ...numbers.filter((number) => number <= MANY)) + 1
  return Array.from({ length: count }, (_, place) => {
    const name = `${kind.many}${place + 1}`
    return plain.find((one) => one.name === name) ?? { name, required: place < 2, takes: kind.takes, shape: null, dtype: null }
  })
}

/** The outputs of a node, as [{name, shape, dtype, bytes}]. */
export function outputs(node, kinds) {
  const kind = kindOf(node, kinds)
  if (node.about.outputs.length || !kind) return node.about.outputs
  return (kind.outputs ?? []).map((name) => ({ name, shape: null, dtype: null, bytes: 0 }))
}

/** The node with what its kind tells, until the server has told more; and with every port that is connected. */
export function complete(node, kinds) {
  const { about } = node
  const inputs = ports(node, kinds)
  const listed = new Set(inputs.map(({ name }) => name))
  const extra = Object.keys(node.inputs).filter((name) => !listed.has(name)).map((name) => ({ name }))
  const category = about.category || kindOf(node, kinds)?.category
  return { ...node, about: { ...about, category, inputs: [...inputs, ...extra], outputs: outputs(node, kinds) } }
}

/** The id of the node that a reference ("node" or "node.port") names. */
export const head = (reference) => parted(reference)[0]

function parted(reference) {
  const dot = reference.indexOf('.')
  return dot < 0 ? [reference, ''] : [reference.slice(0, dot), reference.slice(dot + 1)]
}

const known = (nodes, id) => nodes.find((node) => node.id === id)
const kindOf = (node, kinds) => (kinds?.kinds ?? kinds)?.[node.kind]
const picked = (record, keeps) => Object.fromEntries(Object.entries(record).filter(([name]) => keeps(name)))
const changed = (nodes, id, how) => nodes.map((node) => (node.id === id ? how(node) : node))

function declared({ inputs = [], optional = [], takes, apart = {} }) {
  const one = (required) => (name) => ({ name, required, takes: apart[name] ?? takes, shape: null, dtype: null })
  return [...inputs.map(one(true)), ...optional.map(one(false))]
}

/** The nodes that are one layer, this one among them, as one_layer in edits/nodes.py has it. */
function oneLayer(nodes, id) {
  const node = known(nodes, id)
  if (!node) return new Set()
  const owner = known(nodes, node.shares)?.kind === node.kind ? node.shares : id
  const same = nodes.filter((one) => one.kind === node.kind && [one.id, one.shares].includes(owner))
  return new Set([id, ...same.map((one) => one.id)])
}

function placed({ id, kind, config = {}, inputs = {}, position = null, shares = '' }) {
  return { id, kind, config, inputs, position, shares, about: { ...UNKNOWN, title: kind } }
}

function configured(node, config) {
  const shown = (field) => (Object.hasOwn(config, field.name) ? { ...field, value: config[field.name] } : field)
  const about = { ...node.about, fields: node.about.fields.map(shown) }
  const all = { ...node.config }
  for (const [name, value] of Object.entries(config)) {
    const [stem, argument] = parted(name) // "arguments.width" sets one of them
    all[stem] = argument ? { ...all[stem], [argument]: value } : value
  }
  return { ...node, config: all, about }
}

function remove(nodes, { ids, bridge = false }) {
  const gone = new Set(ids)
  const all = new Map(nodes.map((node) => [node.id, node]))
  const reads = (id) => (bridge && all.has(id) ? Object.values(all.get(id).inputs) : [])
  const left = (reference) => {
    const passed = new Set()
    let source = reference
    while (source && gone.has(head(source))) {
      const id = head(source)
      const before = passed.has(id) ? [] : reads(id)
      source = before.length === 1 ? before[0] : ''
      passed.add(id)
    }
    return source
  }
  return nodes.filter(({ id }) => !gone.has(id)).map((node) => freed(node, gone, left))
}

function freed(node, gone, left) {
  const owned = gone.has(node.shares) ? '' : node.shares
  const entries = Object.entries(node.inputs)
  if (owned === node.shares && !entries.some(([, source]) => gone.has(head(source)))) return node
  const kept = entries.map(([port, source]) => [port, left(source)]).filter(([, source]) => source)
  return { ...node, inputs: Object.fromEntries(kept), shares: owned }
}

function mismatch(source, dtype, node, takes) {
  const whole = dtype === 'int64'
  if (['float', 'number'].includes(takes) && dtype === 'bool') {
    return `'${source}' gives true and false, and ${node.kind} calculates with ${takes === 'float' ? 'fractions' : 'numbers'}.`
  }
  if (takes === 'mask' && dtype && !whole && dtype !== 'bool') {
    return `'${source}' gives fractions, and this port of ${node.kind} takes true and false, or 0 and 1 (int64).`
  }
  if (takes === 'float' && whole) {
    return `'${source}' gives whole numbers, and ${node.kind} calculates with fractions. Put an Embedding between them.`
  }
  if (takes === 'int' && dtype && !whole) {
    return `'${source}' gives fractions, and ${node.kind} takes whole numbers. Connect an Input whose dtype is int64.`
  }
  return ''
}
