// The canvas: React Flow wired to the store, and everything that lies around it.
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import {
  applyEdgeChanges, applyNodeChanges, Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider, SelectionMode,
  useConnection, useReactFlow, useStore, useStoreApi,
} from '@xyflow/react'
import { actions as makeActions } from './actions.js'
import { Bar, Legend } from './bar.jsx'
import { useBeside } from './beside.js'
import { size, useBoard, useKinds, useTold, useUi, useView } from './board.js'
import { held } from './cabling.js'
import { Distance } from './distance.jsx'
import { LooseEdge, ShapeEdge } from './edge.jsx'
import { Failing } from './failing.jsx'
import { flowEdges, flowNodes } from './flow.js'
import { Footer } from './footer.jsx'
import { createGlow, GlowContext } from './glow.js'
import { GlowLegend } from './glow.jsx'
import { useGestures } from './gestures.js'
import { heatOf } from './heat.js'
import { Chosen, Covers, Hint } from './hints.jsx'
import { useKeys } from './keys.js'
import { straight, unplaced } from './layout.js'
import { LayerNode } from './node.jsx'
import { Palette } from './palette.jsx'
import { Panels } from './panels.jsx'
import { place } from './pointer.js'
import { GRID, MANY } from './size.js'
import { Threads, useThreads } from './threads.jsx'
import { Toast } from './toast.jsx'
import './board.css'

const NODES = { layer: LayerNode }
const EDGES = { shape: ShapeEdge }
const STEP = [GRID, GRID]
const PLAIN = { hideAttribution: true }
const NONE = []
const NARROW = 700

/** The canvas of one project; `io.tell` tells Streamlit what is selected. */
export function Canvas(props) {
  return (
    <Failing dark={props.dark}>
      <ReactFlowProvider>
        <Board {...props} />
      </ReactFlowProvider>
    </Failing>
  )
}

// These know nothing of where a dragged node is at this moment, so a drag does not draw them anew.
const StillBar = memo(Bar)
const StillFooter = memo(Footer)
const StillPalette = memo(Palette)
const StillPanels = memo(Panels)

function Board({ data, store, io, host, dark }) {
  const state = useSyncExternalStore(store.subscribe, store.get)
  const kinds = useKinds(store.base)
  const stage = useRef(null)
  const ui = useUi()
  const [heat, setHeat] = useState('')
  const glow = useGlowOf(store, state)
  const [boxing, setBoxing] = useState(false)
  const [told, tell] = useTold(state)
  const narrow = useNarrow(host)
  const drawn = useDrawn(state, kinds, heat)
  const flow = useReactFlow()
  const live = { store, state, kinds, flow, stage, ui, heat, setHeat, glow, boxing, setBoxing, tell, narrow, ...drawn }
  const board = useBoard(live)
  drawn.use(board)
  const actions = useMemo(() => (board.actions = makeActions(board)), [board])
  const root = useRef(null)
  useKeys(board, actions, root)
  useBeside(board, actions)
  const chosen = useChosen(drawn.nodes)
  useStreamlit(board, data, io, state, chosen, drawn.nodes.length > 0)
  useOpening(board, host, state, drawn)
  return (
    <GlowContext.Provider value={glow}>
      <div className={`board${narrow ? ' narrow' : ''}`} ref={root} data-dark={dark ? '1' : '0'}>
        <StillBar board={board} actions={actions} state={state} heat={heat} boxing={boxing} narrow={narrow} />
        <div className="board-middle">
          {kinds && !narrow && <StillPalette board={board} actions={actions} kinds={kinds} scene={state.scene} />}
          <Stage board={board} actions={actions} stage={stage} state={state} drawn={drawn} dark={dark} />
        </div>
        <StillFooter board={board} state={state} narrow={narrow} />
        {kinds && <StillPanels board={board} actions={actions} ui={ui} state={state} chosen={chosen} />}
        <Toast told={told} />
      </div>
    </GlowContext.Provider>
  )
}

/** What the newest run tells of the network, or the block, that is open. */
function useGlowOf(store, { role, path }) {
  const glow = useMemo(() => createGlow(store.base, store.project), [store])
  useEffect(() => glow.look({ role, path }), [glow, role, path.join('.')])
  useEffect(() => glow.stop, [glow])
  return glow
}

function Stage({ board, actions, stage, state, drawn, dark }) {
  const [on, aimed] = useGestures(board, actions)
  const shift = useModifiers(stage)
  const boxes = board.boxing || shift
  const { onDragOver, onDragLeave, onDrop, ...flow } = on
  const ask = (event) => {
    if (!event.target.classList.contains('react-flow__pane')) return
    board.ui.open('quickadd', { at: place(board, { x: event.clientX, y: event.clientY }) })
  }
  const focus = (event) => event.target.closest('input, select, textarea, button') || stage.current.focus({ preventScroll: true })
  const taken = useConnection(held)
  const threads = useThreads(drawn.edges)
  const edges = useMemo(() => threads ? NONE : marked(drawn.edges, { [aimed]: 'aimed', [taken]: 'taken' }), [drawn.edges, aimed, taken, threads])
  return (
    <div
      className="board-stage" ref={stage} tabIndex={0} role="application" aria-label="Canvas. Press ? for the keys."
      onDoubleClick={ask} onPointerDown={focus} onMouseDown={unmarked} {...{ onDragOver, onDragLeave, onDrop }}
    >
      <ReactFlow
        nodes={drawn.nodes} edges={edges} nodeTypes={NODES} edgeTypes={EDGES} colorMode={dark ? 'dark' : 'light'}
        onNodesChange={drawn.onNodesChange} onEdgesChange={drawn.onEdgesChange} connectionLineComponent={LooseEdge} {...flow}
        minZoom={0.05} maxZoom={2} snapToGrid snapGrid={STEP} nodeDragThreshold={3} connectionRadius={26} autoPanSpeed={5}
        zoomOnDoubleClick={false} deleteKeyCode={null} selectionKeyCode={null} multiSelectionKeyCode={null}
        panActivationKeyCode={null} zoomActivationKeyCode={null} disableKeyboardA11y nodesFocusable={false}
        edgesFocusable={false} selectionOnDrag={boxes} panOnDrag={!boxes} selectionMode={SelectionMode.Partial}
        elevateEdgesOnSelect onlyRenderVisibleElements={drawn.nodes.length > MANY} proOptions={PLAIN}
      >
        {threads && <Threads nodes={drawn.nodes} edges={drawn.edges} />}
        <Background variant={BackgroundVariant.Dots} gap={2 * GRID} size={1} />
        {!board.narrow && drawn.nodes.length > 1 && <Overview board={board} />}
      </ReactFlow>
      <Distance stage={stage} />
      <Hint board={board} />
      <Legend by={board.heat} />
      <GlowLegend />
      <Chosen board={board} actions={actions} ids={board.selected()} cables={board.cables()} />
      <Covers board={board} actions={actions} state={state} />
    </div>
  )
}

/** What is dragged on the board marks no text of the page, and neither does a click with Shift. */
function unmarked(event) {
  if (event.target.closest('.react-flow') && !event.target.closest('input, select, textarea, button')) event.preventDefault()
}

/** The connections, some of them with a class of their own. */
const marked = (edges, classes) => edges.map((one) => (classes[one.id] ? { ...one, className: classes[one.id] } : one))

/** A small picture of the whole graph, as long as some of it lies outside of what is seen; a click goes there. */
function Overview({ board }) {
  const partly = useStore(isCut)
  return partly && <Small board={board} />
}

function isCut({ nodes, transform: [x, y, zoom], width, height }) {
  return nodes.some(({ position, measured }) => {
    const left = position.x * zoom + x
    const top = position.y * zoom + y
    return left < 0 || top < 0 || left + (measured?.width ?? 0) * zoom > width || top + (measured?.height ?? 0) * zoom > height
  })
}

function Small({ board }) {
  const colours = useMemo(() => {
    const list = board.kinds?.categories ?? []
    return Object.fromEntries(list.map(({ name, colour }) => [name, colour]))
  }, [board.kinds])
  const colour = useCallback(({ data }) => colours[data.node.about.category] ?? '#868E96', [colours])
  return (
    <MiniMap
      className="board-map" nodeColor={colour} nodeBorderRadius={12} nodeStrokeWidth={0} ariaLabel="Overview"
      onClick={(_, { x, y }) => board.flow.setCenter(x, y, { zoom: board.flow.getZoom(), duration: 200 })} style={{ width: 150, height: 92 }}
    />
  )
}

/** What React Flow draws: the scene's nodes and edges, with what is selected and dragged kept over its changes. */
function useDrawn(state, kinds, by) {
  const [nodes, setNodes] = useState([])
  const [edges, setEdges] = useState([])
  const board = useRef(null)
  const wanted = useRef(new Set()) // selected as soon as they are there
  const heat = useMemo(() => (by ? heatOf(state.nodes, by) : null), [state.nodes, by])
  const places = useMemo(() => unplaced(state.nodes, state.edges, size), [state.nodes, state.edges])
  useLayoutEffect(() => {
    const given = { places, heat, kinds, board: board.current, size, wanted: wanted.current }
    setNodes((before) => flowNodes(before, kinds ? state.nodes : [], given))
  }, [state.nodes, places, heat, kinds])
  useLayoutEffect(() => {
    const direct = new Set(straight(state.edges).map((edge) => edge.id))
    const skipping = new Set(state.edges.filter((edge) => !direct.has(edge.id)).map((edge) => edge.id))
    setEdges((before) => flowEdges(before, kinds ? state.edges : [], state.nodes, skipping))
  }, [state.edges, state.nodes, kinds])
  const onNodesChange = useCallback((changes) => {
    if (changes.some((one) => one.type === 'select')) wanted.current = new Set()
    setNodes((now) => applyNodeChanges(changes.filter(ours), now))
  }, [])
  const onEdgesChange = useCallback((changes) => setEdges((now) => applyEdgeChanges(changes.filter(ours), now)), [])
  const choose = useCallback((ids) => {
    wanted.current = ids
    const mark = (one) => (Boolean(one.selected) === ids.has(one.id) ? one : { ...one, selected: ids.has(one.id) })
    setNodes((now) => now.map(mark))
    setEdges((now) => now.map(mark))
  }, [])
  return { nodes, edges, places, onNodesChange, onEdgesChange, choose, use: (one) => (board.current = one) }
}

/** The ids of the selected nodes; the same list as long as they are the same. */
function useChosen(nodes) {
  const ids = nodes.filter((one) => one.selected).map((one) => one.id).sort().join(' ')
  return useMemo(() => (ids ? ids.split(' ') : []), [ids])
}

const ours = ({ type }) => type !== 'remove' && type !== 'add' // nodes come and go with the store's

/** Shift draws a box, Ctrl adds to what is selected (React Flow hears no keys: they do not leave the canvas), Tab shows the focus. */
function useModifiers(stage) {
  const [shift, setShift] = useState(false)
  const api = useStoreApi()
  useEffect(() => {
    const hear = (event) => {
      if (event.type === 'blur' && event.target !== window) return // of a field: the keys are still held
      if (event.type === 'pointerdown' || event.key === 'Tab') stage.current?.classList.toggle('tabbed', event.key === 'Tab')
      setShift(event.type !== 'blur' && event.shiftKey)
      api.setState({ multiSelectionActive: Boolean(event.type !== 'blur' && (event.shiftKey || event.ctrlKey || event.metaKey)) })
    }
    const kinds = ['keydown', 'keyup', 'pointerdown', 'blur']
    for (const kind of kinds) window.addEventListener(kind, hear, true)
    return () => kinds.forEach((kind) => window.removeEventListener(kind, hear, true))
  }, [api])
  return shift
}

function useNarrow(host) {
  const [narrow, set] = useState(() => host.clientWidth > 0 && host.clientWidth < NARROW)
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => set(entry.contentRect.width < NARROW))
    watch.observe(host)
    return () => watch.disconnect()
  }, [host])
  return narrow
}

/** A graph that has just been opened is brought into view, and one that comes where there was none: a ready network. */
function useOpening(board, host, state, { nodes }) {
  const shown = useRef('')
  const last = useRef({ count: 0, ids: [] }) // how many nodes there were, and which when there were some
  const where = `${state.role} ${state.path.join('.')}`
  const drawn = nodes.length === state.nodes.length && nodes.every((one, place) => one.data.node === state.nodes[place])
  const ready = Boolean(state.scene && board.kinds && drawn)
  useLayoutEffect(() => {
    if (!ready) return
    const { count, ids } = last.current
    const now = nodes.map((one) => one.id)
    last.current = { count: now.length, ids: now.length ? now : ids }
    const undone = now.every((id) => ids.includes(id)) // they lie where they were seen
    if (shown.current === where) {
      if (!count && now.length > 1 && !undone) board.begin()
      return
    }
    shown.current = where
    board.begin()
    host.dataset.ready = '1'
    host.getRootNode().host?.closest('[data-testid=stMain]')?.scrollTo(0, 0) // Streamlit keeps the place of the page before
  }, [ready, where, nodes.length])
}

/** What Streamlit is told, and what it asks for: another place in the project, or other nodes to be selected. */
function useStreamlit(board, data, io, state, chosen, there) {
  useView(io, state, chosen, data)
  const place = `${data.role} ${(data.path ?? []).join('.')}`
  const first = useRef(place)
  useEffect(() => {
    if (first.current === place || !data.role) return
    first.current = place
    const echo = (io.told ?? []).some(([told, at]) => told === place && Date.now() - at < 5000)
    if (!echo) board.store.open({ role: data.role, path: data.path ?? [] })
  }, [place])
  const asked = data.select?.n
  const done = useRef(asked) // what was asked before the canvas was there is no wish any more
  useEffect(() => {
    if (asked === undefined || !there || done.current === asked) return
    done.current = asked
    if (data.select.path) board.store.open({ role: data.role, path: data.select.path })
    board.select(data.select.ids)
    if (data.select.ids.length) board.centre(data.select.ids[0])
  }, [asked, there])
}
