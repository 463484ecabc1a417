// The `board`: one object that every part of the canvas is given. It stays the same; what it tells is always the newest.
import { useEffect, useMemo, useRef, useState } from 'react'
import { FAR, heightOf, WIDTH } from './size.js'
import { around } from './flow.js'
import { arrange, LEGIBLE, opening, READABLE } from './layout.js'

export const size = (node) => ({ width: WIDTH, height: heightOf(node) })
const FAST = { duration: 200, interpolate: 'linear' } // a smooth way zooms far out between, where nodes have no fields to type into
const STALE = 10_000 // ms; then what was told may have been mended
export const HEATS = ['', 'parameters', 'multiply_adds', 'bytes']

/** What is open over the board (quick-add, fixes …), as {name, props, open, close}. */
export function useUi() {
  const [shown, show] = useState({ name: '', props: {} })
  return useMemo(
    () => ({ ...shown, open: (name, props = {}) => show({ name, props }), close: () => show({ name: '', props: {} }) }),
    [shown],
  )
}

/** A message of the canvas itself beside those of the store: the newest of both; none once it has been read. */
export function useTold(state) {
  const [own, tell] = useState(null)
  const theirs = useRef([null, 0])
  if (theirs.current[0] !== state.told) theirs.current = [state.told, Date.now()]
  const newest = own && own.n >= theirs.current[1] ? own : state.told
  const [past, end] = useState(null)
  useEffect(() => {
    const late = setTimeout(() => end(newest), STALE)
    return () => clearTimeout(late)
  }, [newest])
  return [newest === past ? null : newest, (text, kind = 'note') => tell({ n: Date.now(), text, kind })]
}

/** The board. `live` is what the canvas holds at this moment: {state, kinds, nodes, edges, places, ui, heat …}. */
export function useBoard(live) {
  const held = useRef(live)
  held.current = live
  const board = useMemo(() => makeBoard(() => held.current), [])
  return board
}

function makeBoard(now) {
  return {
    get store() { return now().store },
    get state() { return now().state },
    get kinds() { return now().kinds },
    get flow() { return now().flow },
    get ui() { return now().ui },
    get heat() { return now().heat },
    get glow() { return now().glow },
    get boxing() { return now().boxing },
    get narrow() { return now().narrow },
    get places() { return now().places },
    get stage() { return now().stage.current },
    tell: (text, kind) => now().tell(text, kind),
    setHeat: (by) => now().setHeat(by),
    setBoxing: (on) => now().setBoxing(on),
    do: (edit) => now().store.do(placing(now(), edit)),
    ask: (edit) => now().store.ask(placing(now(), edit)),
    ...choosing(now),
    ...looking(now),
  }
}

/** An edit that also keeps where the canvas showed the nodes that have no place yet. */
function placing({ state, places }, edit) {
  const positions = {}
  for (const node of state.nodes) if (!node.position && places.has(node.id)) positions[node.id] = places.get(node.id)
  if (!Object.keys(positions).length) return edit
  return { edit: 'several', gesture: edit.gesture ?? '', edits: [{ edit: 'move', positions }, edit] }
}

function choosing(now) {
  const chosen = (items) => items.filter((one) => one.selected).map((one) => one.id)
  return {
    selected: () => chosen(now().nodes),
    cables: () => chosen(now().edges),
    select(ids) {
      now().choose(new Set(ids))
    },
  }
}

const THUMBNAIL = 62 // as nodes.css has it, with the gap before it

function looking(now) {
  const stage = () => now().stage.current.getBoundingClientRect()
  const aim = ({ x, y, width, height }, zoom) => now().flow.setCenter(x + width / 2, y + height / 2, { zoom, ...FAST })
  const some = (ids) => now().nodes.filter((one) => !ids || ids.includes(one.id))
  const board = {
    toFlow: (point) => now().flow.screenToFlowPosition(point),
    middle() {
      const { left, top, width, height } = stage()
      return board.toFlow({ x: left + width / 2, y: top + height / 2 })
    },
    /** Bring a node into view, large enough to be read, if it is not so already. */
    centre(id) {
      const box = around(some([id]), size)
      const view = now().flow.getViewport()
      if (box.width && (view.zoom < FAR || !within(view, box, stage()))) aim(box, view.zoom < FAR ? LEGIBLE : view.zoom)
    },
    /** Bring nodes into view, if one of them that is needed is not there, and the others as far as there is room for them. */
    reveal(ids, needed = ids) {
      const [all, box] = [ids, needed].map((list) => around(some(list), size))
      const { width, height } = stage()
      const { zoom: most, ...view } = now().flow.getViewport()
      if (!box.width || within({ ...view, zoom: most }, box, stage())) return
      const whole = opening(around(some(), size), stage(), { least: 0 })
      const fits = all.width * most < width - 64 && all.height * most < height - 64
      show(now(), whole.zoom >= READABLE ? whole : opening(fits ? all : box, stage(), { most }), FAST)
    },
    /** Show the whole graph, and the thumbnails beside and below its nodes. */
    fit() {
      const box = around(some(), size)
      const room = now().glow.get().show ? THUMBNAIL : 0
      const { width, height } = box
      show(now(), opening({ ...box, width: width + room, height: height + room }, stage(), { least: 0 }), FAST)
    },
    /** Show a graph as it is opened: whole if readable, else its beginning. */
    begin() {
      if (now().nodes.length) show(now(), opening(around(some(), size), stage()))
    },
    layout(ids) {
      const chosen = ids?.length > 1 ? some(ids) : some()
      const places = arrange(chosen.map((one) => one.data.node), now().state.edges, size)
      const { x, y } = ids?.length > 1 ? around(chosen, size) : { x: 0, y: 0 }
      const positions = Object.fromEntries([...places].map(([id, at]) => [id, [at[0] + x, at[1] + y]]))
      now().store.do({ edit: 'move', positions })
      if (!(ids?.length > 1)) setTimeout(() => board.fit(), 30)
    },
  }
  return board
}

const show = ({ flow }, view, how) => flow.setViewport(view, how)

/** Whether a box is seen whole. */
function within({ x, y, zoom }, box, { width, height }) {
  const left = box.x * zoom + x
  const top = box.y * zoom + y
  return left > 8 && top > 8 && left + box.width * zoom < width - 8 && top + box.height * zoom < height - 8
}

/** The layers that there are; null until they have come. Asked for again while the server does not answer. */
export function useKinds(base) {
  const [kinds, set] = useState(null)
  useEffect(() => {
    let late = 0
    const ask = async (wait) => {
      try {
        const answer = await fetch(`${base}/api/layers`)
        if (!answer.ok) throw new Error(answer.status)
        set(await answer.json())
      } catch {
        late = setTimeout(() => ask(Math.min(2 * wait, 5000)), wait)
      }
    }
    ask(500)
    return () => clearTimeout(late)
  }, [base])
  return kinds
}

/** Tells Streamlit what is selected, and again when an edit has been acknowledged. */
export function useView(io, { role, path, scene }, chosen, data) {
  const nodes = chosen.join(' ')
  const where = path.join('.')
  const revision = scene?.revision
  const last = useRef({ nodes: '', role: data.role ?? role, where: (data.path ?? []).join('.'), revision: data.revision })
  useEffect(() => {
    const { current } = last
    if (revision === undefined) return undefined
    const moved = current.nodes !== nodes || current.role !== role || current.where !== where
    if (!moved && current.revision === revision) return undefined
    const send = () => {
      last.current = { nodes, role, where, revision }
      io.told = [...(io.told ?? []).slice(-9), [`${role} ${where}`, Date.now()]]
      io.tell({ role, path, nodes: nodes ? nodes.split(' ') : [], revision })
    }
    const late = setTimeout(send, moved ? 80 : 120)
    return () => clearTimeout(late)
  }, [io, role, where, nodes, revision])
}
