// Finding a layer by what somebody types: its name, a word of it, or words that people use for it. Pure.

const plain = (text) => text.toLowerCase().normalize('NFKD').replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
const joined = (text) => plain(text).replaceAll(' ', '')
const words = (text) => plain(text).split(' ').filter(Boolean)
const parts = (name) => words(name.replace(/(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' '))
const initials = (list) => list.map((word) => word[0]).join('')

/** What can be placed: every kind but Block, and each block of the project. */
export function choices({ categories, kinds }, blocks = []) {
  const shelf = new Map(categories.map((category, place) => [category.name, { ...category, place }]))
  const stems = new Map()
  const one = (name, kind, spec) => {
    const stem = name.replace(/\dd$/, '')
    if (!stems.has(stem)) stems.set(stem, stems.size)
    const category = shelf.get(spec.category)
    return {
      key: name, kind, title: spec.title, help: spec.help, icon: spec.icon, category: spec.category, config: {},
      colour: category?.colour, dark: category?.colour_dark, shelf: category?.place ?? categories.length,
      stem: stems.get(stem), size: Number(/(\d)d$/.exec(name)?.[1] ?? 0),
      names: [...new Set([joined(name), joined(spec.title)])], parts: parts(name),
      ...terms(spec),
    }
  }
  const layers = Object.entries(kinds).filter(([name]) => name !== 'Block').map(([name, spec]) => one(name, name, spec))
  const block = kinds.Block
  const own = !block ? [] : blocks.map(({ name, uses }) => ({
    ...one(name, 'Block', { ...block, title: name, search: 'block', help: used(uses) }),
    key: `block ${name}`, config: { block: name },
  }))
  return [...layers, ...own].sort((a, b) => a.shelf - b.shelf)
}

/** The words to find a kind by, without those of its help, which say less. */
function terms({ search = '', help = '', category = '' }) {
  const told = words(help)
  const shelf = words(category)
  const list = Array.isArray(search) ? search : search.split(/[,;]/)
  const said = words(list.join(' ')).filter((word) => shelf.includes(word) || !told.includes(word))
  return { said, phrases: list.map(joined).filter(Boolean), told }
}

const used = (uses) => `A block of this project, used ${uses === 1 ? 'once' : `${uses} times`}.`

/**
 * The choices that a query finds, best first; all of them, in their order, for an empty one.
 *
 * @param query what is typed.
 * @param all the choices.
 * @param hints {fits: kinds that may follow, or null; dims: how many dimensions flow there, without the batch}.
 */
export function found(query, all, { fits = null, dims = 0 } = {}) {
  const typed = words(query)
  const together = typed.join('')
  const order = new Map((fits ?? []).map((kind, place) => [kind, place]))
  const near = (one) => (!one.size ? 0 : one.size === (dims > 1 ? dims - 1 : dims || 2) ? 0 : one.size === 2 ? 1 : 2)
  const ranked = all.map((one, place) => ({ one, place, rank: typed.length ? rank(one, together, typed) : 0 }))
  const last = ranked.some(({ rank }) => rank < VAGUE) ? VAGUE : NEVER // what only sounds alike is for want of better
  const marked = ranked
    .filter(({ rank }) => rank < last)
    .map((entry) => ({ ...entry, fit: !fits || entry.one.config.block || order.has(entry.one.kind) ? 0 : 1 }))
  const usual = ({ one }) => (typed.length ? 0 : (order.get(one.kind) ?? order.size))
  const called = ({ one, rank }) => (rank === CALLED ? one.phrases.indexOf(together) : 0) // what it is called first, first
  const named = ({ rank }) => rank > 0 || !typed.length // who types a whole name means it, also where it does not fit yet
  marked.sort((a, b) =>
    named(a) - named(b) || (a.rank >= WEAK) - (b.rank >= WEAK) || a.fit - b.fit || usual(a) - usual(b) || a.rank - b.rank || called(a) - called(b) ||
    a.one.shelf - b.one.shelf || a.one.stem - b.one.stem || near(a.one) - near(b.one) || a.place - b.place)
  return marked.map(({ one, fit }) => ({ ...one, fits: !fit }))
}

const CALLED = 4
const WEAK = 7
const VAGUE = 9
const NEVER = 11

/** How well a choice answers: its name, then a word of it, then its other names, then its help. */
function rank(one, together, typed) {
  const begins = (other, word) => other.startsWith(word)
  const all = (list, meets = begins) => typed.every((word) => list.some((other) => meets(other, word)))
  if (one.names.includes(together)) return 0
  if (one.names.some((name) => begins(name, together))) return 1
  if (one.parts.some((word) => begins(word, together) || bends(word, together))) return 2
  if (all(one.parts) || (together.length > 1 && begins(initials(one.parts), together))) return 3
  if (one.phrases.includes(together)) return CALLED + (all(one.told) ? 0 : 1)
  if (all([...one.parts, ...one.said]) || one.phrases.some((phrase) => begins(phrase, together))) return 6
  if (together.length > 1 && one.names.some((name) => name.includes(together))) return WEAK
  const every = [...one.parts, ...one.said, ...one.told, ...words(one.category)]
  if (all(every)) return WEAK + 1
  if (all(every, bends)) return VAGUE
  return together.length > 1 && initials(one.told).includes(together) ? VAGUE + 1 : NEVER // fc: fully connected
}

/** Whether a word is another form of one: transposed of Transpose, positional of Positions. */
function bends(word, other) {
  const stem = word.replace(/s$/, '')
  return stem.length > 3 && other.startsWith(stem) && other.length < stem.length + 4
}

/** How many dimensions flow out of a node, without the batch, as far as is known; 0 if not. */
export function dimensions(nodes, reference, steps = 50) {
  const [id, port] = (reference ?? '').split('.')
  const node = nodes.find((one) => one.id === id)
  if (!node || !steps) return 0
  const shape = (port && node.about.outputs.find((one) => one.name === port)?.shape) || node.about.shape
  if (shape) return shape.split('×').length - 1
  return dimensions(nodes, Object.values(node.inputs)[0], steps - 1)
}
