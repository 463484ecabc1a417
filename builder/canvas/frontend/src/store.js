// The store: the scene of a project as the server tells it, with the edits that the server has not acknowledged yet.
//
// An edit is shown at once, kept in the queue, and sent. There is one request at a time, so answers cannot overtake each
// other; a request that got no answer is made again, and the server skips the numbers that it knows.
import { createAsked } from './asked.js'
import { apply, edgesOf } from './graph.js'
import { createQueue } from './queue.js'
import { kept, sameView, viewOf, withPending } from './scene.js'
import { createWire } from './wire.js'

const PERIOD = 2000 // ms between two looks at the revision
const WAITS = [500, 5000] // ms before a request is made again, at first and at most
const SHAPES = 500 // ms until a scene without shapes is asked for again
const STRIKES = 5 // times that the server may fail over one edit before it is given up
const UNREADABLE = [400, 413, 415] // answers to a request that will never be taken
const ELSEWHERE = 'This project was changed in another tab. You see its newest state.'

/** A store: {get, subscribe, do, ask, undo, redo, open, reload, known, stop, base, project}. */
export function createStore({ base = '', project, tab, role = '', path = [] }) {
  const store = new Store({ base, project, tab, role, path })
  const names = ['get', 'subscribe', 'do', 'ask', 'undo', 'redo', 'open', 'reload', 'known', 'stop']
  return { base, project, ...Object.fromEntries(names.map((name) => [name, store[name].bind(store)])) }
}

class Store {
  constructor({ base, project, tab, role, path }) {
    this.wire = createWire(`${base}/api/projects/${encodeURIComponent(project)}`)
    this.tab = tab
    this.queue = createQueue(project)
    this.mine = new Set([tab, ...this.queue.items.map((item) => item.tab)]) // a reload gives this tab another name
    this.listeners = new Set()
    this.asked = createAsked()
    this.wanted = { role, path }
    this.needed = 0 // the revision that somebody told of
    this.stale = true // whether the scene must be asked for
    this.trouble = '' // "offline" or "gone"
    this.strikes = 0
    this.single = 0 // how many of the next edits go alone, to find the one that the server cannot take
    this.wait = WAITS[0]
    this.told = 0
    this.state = { scene: null, nodes: [], edges: [], pending: 0, status: 'loading', told: null, role, path }
    this.flight = null
    this.timer = 0
    this.listen()
    this.show({})
    this.step()
    this.poll = setTimeout(() => this.look(), PERIOD)
  }

  get() {
    return this.state
  }

  subscribe(listener) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Show an edit now, and see to it that the server makes it. */
  do(edit) {
    if (edit.edit === 'rename_role') this.follow(edit.role, edit.to)
    return this.push({ do: 'edit', edit }, apply(this.state.nodes, edit))
  }

  /** The same; promises the words with which the server refuses it, which are told nowhere else, or "". */
  ask(edit) {
    return this.asked.of(this.do(edit).n)
  }

  /** Look at a role under its new name. */
  follow(role, to) {
    if (this.wanted.role === role) this.wanted = { ...this.wanted, role: to }
  }

  undo() {
    this.push({ do: 'undo' })
  }

  redo() {
    this.push({ do: 'redo' })
  }

  /** Look at another role, or into a block; what is shown stays until the answer is here. */
  open({ role, path = [] }) {
    this.wanted = { role: role ?? this.wanted.role, path }
    this.reload()
  }

  /** Ask for the scene. */
  reload() {
    this.stale = true
    this.needed = Infinity
    this.cancel()
    this.step()
  }

  /** Streamlit says that there is this revision, and by which name it knows this tab. */
  known(revision, tab = this.tab) {
    this.tab = tab
    this.mine.add(tab)
    if (!(revision > (this.state.scene?.revision ?? Infinity))) return
    this.needed = revision
    this.stale = true
    this.step()
  }

  /** Tell nobody any more, and look for nothing new; what waits is still sent. */
  stop() {
    this.stopped = true
    this.listeners.clear()
    clearTimeout(this.poll)
    clearTimeout(this.shapes)
    this.off()
    this.step()
  }

  listen() {
    const soon = () => (this.timer ? this.retry() : this.look())
    const leave = () => this.leave()
    const warn = (event) => this.trouble && this.queue.items.length && event.preventDefault()
    const heard = [[document, 'visibilitychange', soon], [window, 'online', soon]]
    heard.push([window, 'pagehide', leave], [window, 'beforeunload', warn])
    for (const [where, what, how] of heard) where.addEventListener(what, how)
    this.off = () => heard.forEach(([where, what, how]) => where.removeEventListener(what, how))
  }

  /** The page is being closed: send once more all that has not been acknowledged, whether it is on its way or not. */
  leave() {
    const items = this.queue.next()
    if (items.length) this.send(items, this.wanted).catch(() => {})
  }

  push(item, nodes = this.state.nodes) {
    const { role, path, scene } = this.state
    const added = this.queue.add({ tab: this.tab, role, path, base: scene?.revision ?? 0, ...item })
    this.show({ nodes })
    this.cancel()
    this.step()
    return added
  }

  /** The conversation with the server: what waits is sent, else the scene is asked for if it is out of date. */
  async step() {
    if (this.flight || this.timer) return
    const items = this.queue.next(this.single ? 1 : undefined)
    if (!items.length && (!this.stale || this.stopped)) return
    const asked = this.wanted
    const stop = new AbortController()
    const flight = (this.flight = { get: !items.length, stop })
    let again = true
    try {
      const [status, answer] = await (items.length ? this.send(items, asked, stop) : this.wire.scene(asked, stop))
      again = this.heard(status, answer, items, asked)
    } catch {
      if (!flight.cancelled) again = this.failed()
    }
    this.flight = null
    this.show({})
    if (again) this.step()
  }

  send(items, place, stop) {
    return this.wire.edits(items, place, this.state.scene?.revision ?? 0, stop)
  }

  /** An edit need not wait until a scene, which it will change, has been fetched. */
  cancel() {
    if (!this.flight?.get) return
    this.flight.cancelled = true
    this.flight.stop.abort()
  }

  /** Take an answer; whether to go on at once. */
  heard(status, answer, items, asked) {
    if (status === 404 && answer?.error) return this.gone()
    if (UNREADABLE.includes(status) && answer?.error) return this.rejected(items, answer.error)
    if (status !== 200 || !answer) return this.broke(status, items, status === 409 && answer?.error)
    this.wait = WAITS[0]
    this.strikes = 0
    this.trouble = ''
    return items.length ? this.acknowledged(items, answer, asked) : this.adopt(answer, asked, true)
  }

  acknowledged(items, { ack, refused = [], elsewhere, scene }, asked) {
    const done = items.filter((item) => item.n <= ack)
    if (!done.length) return this.failed()
    this.queue.forget(done)
    this.single = Math.max(0, this.single - done.length)
    const left = new Set(refused.map((one) => one.n))
    for (const { n, edit } of done) if (left.has(n) && edit?.edit === 'rename_role') this.follow(edit.to, edit.role)
    if (elsewhere && this.state.scene) this.tell(ELSEWHERE, 'news')
    const words = this.asked.left(done, refused)
    if (words.length) this.tell(words.join('\n'), 'refused')
    return this.adopt(scene, asked, false)
  }

  adopt(scene, asked, fetched) {
    const before = this.state.scene
    if (fetched && before && scene.revision > before.revision && !this.mine.has(scene.tab)) this.tell(ELSEWHERE, 'news')
    // The server may show another place than was asked for: where an undo took effect, or the last block that is there.
    if (this.wanted === asked) this.wanted = viewOf(scene)
    this.needed = fetched ? 0 : this.needed
    this.stale = !sameView(this.wanted, viewOf(scene)) || scene.revision < this.needed
    this.show({ scene })
    clearTimeout(this.shapes)
    if (scene.pending && !this.stopped) this.shapes = setTimeout(() => this.reload(), SHAPES)
    return true
  }

  gone() {
    this.trouble = 'gone'
    return false
  }

  /** The server does not take the request: the edit at fault is found, given up and told. */
  rejected(items, why) {
    if (items.length > 1) {
      this.single = items.length
      return true
    }
    if (!items.length) return this.failed()
    this.queue.forget(items)
    this.single = Math.max(0, this.single - 1)
    if (!this.asked.tell(items[0].n, why)) this.tell(why, 'refused')
    this.stale = true
    return true
  }

  /** The server could not answer, or not save: the edits wait until it can, and its words are told once. */
  broke(status, items, why) {
    if (why && this.trouble === '') this.tell(why, 'refused')
    this.strikes += status === 500 && items.length ? 1 : 0
    if (this.strikes < STRIKES) return this.failed()
    this.strikes = 0
    return this.rejected(items, 'The server could not make this change, so it was left out.')
  }

  failed() {
    this.trouble = 'offline'
    this.timer = setTimeout(() => this.retry(), this.wait)
    this.wait = Math.min(2 * this.wait, WAITS[1])
    return false
  }

  retry() {
    clearTimeout(this.timer)
    this.timer = 0
    this.step()
  }

  /** Whether somebody else has changed the project meanwhile, or the server is back. */
  async look() {
    if (document.visibilityState === 'visible' && !this.flight && !this.timer) {
      try {
        const [status, answer] = await this.wire.revision()
        if (status === 200 && !this.flight) this.noticed(answer.revision)
        else if (status === 404 && answer?.error) this.gone()
      } catch {
        if (!this.timer) this.failed()
      }
      this.show({})
    }
    clearTimeout(this.poll)
    if (!this.stopped) this.poll = setTimeout(() => this.look(), PERIOD)
  }

  noticed(revision) {
    this.trouble = ''
    this.wait = WAITS[0]
    if (revision !== this.state.scene?.revision) this.stale = true
    this.step()
  }

  tell(text, kind) {
    this.told += 1
    this.show({ told: { n: this.told, text, kind } })
  }

  /** Make the state anew and tell those who listen. */
  show({ nodes, ...change }) {
    const { items } = this.queue
    const before = this.state
    const scene = change.scene ?? before.scene
    const next = { ...before, ...change, pending: items.length, status: this.status(scene) }
    if (change.scene) {
      next.nodes = kept(before.nodes, withPending(scene, items))
      if (!sameView(before, viewOf(scene))) Object.assign(next, viewOf(scene))
    } else if (nodes) next.nodes = nodes
    if (next.nodes !== before.nodes) next.edges = kept(before.edges, edgesOf(next.nodes))
    if (Object.keys(next).every((name) => next[name] === before[name])) return
    this.state = next
    for (const listener of [...this.listeners]) listener()
  }

  status(scene) {
    if (this.trouble) return this.trouble
    if (!scene) return 'loading'
    return this.queue.items.length ? 'saving' : 'saved'
  }
}
