// The difference between two graphs, to be looked at: all nodes and connections of both, with what became of them.
import { memo, useEffect, useMemo, useRef } from 'react'
import { createRoot } from 'react-dom/client'
import { Background, BackgroundVariant, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react'
import { useKinds } from './board.js'
import { Distance } from './distance.jsx'
import { ShapeEdge } from './edge.jsx'
import { Failing } from './failing.jsx'
import { around, outlined } from './flow.js'
import { arrange, opening, straight } from './layout.js'
import { lettering } from './lettering.js'
import { Foot, Head, Ports, stripe } from './node.jsx'
import { FAR, GRID, heightOf, MANY, WIDTH } from './size.js'
import './board.css'
import './differing.css'

const SIGNS = { added: '+', removed: '−', changed: '≠' }
const WORDS = { added: 'only in the second', removed: 'only in the first', changed: 'changed', same: 'the same' }
const size = (node) => ({ width: WIDTH, height: heightOf(node) })
const STILL = {} // the board of a node that nobody edits
const mounted = new WeakMap()

/** Shows a difference, or takes over a newer one; returns what unmounts it. */
export function renderDifference({ parentElement: parent, data, base, isDark }) {
  let one = mounted.get(parent)
  if (!one) {
    const host = parent.appendChild(Object.assign(document.createElement('div'), { className: 'strata-canvas' }))
    for (const kind of ['keydown', 'keyup', 'keypress']) host.addEventListener(kind, (event) => event.stopPropagation())
    mounted.set(parent, (one = { host, root: createRoot(host) }))
  }
  const { host, root } = one
  root.render(<Difference difference={data.difference} base={base} dark={isDark(host)} host={host} />)
  return () => {
    if (host.isConnected) return
    mounted.delete(parent)
    root.unmount()
  }
}

function Difference(props) {
  return (
    <Failing dark={props.dark}>
      <ReactFlowProvider>
        <Stage {...props} />
      </ReactFlowProvider>
    </Failing>
  )
}

function Stage({ difference: { nodes, edges, label, first, second }, base, dark, host }) {
  const kinds = useKinds(base)
  const flow = useReactFlow()
  const stage = useRef(null)
  const drawn = useMemo(() => (kinds ? laidOut(nodes, edges, kinds) : { nodes: [], edges: [] }), [nodes, edges, kinds])
  const own = useRef(false) // a person has chosen what to see
  const fit = () => {
    own.current = false
    flow.setViewport(opening(around(drawn.nodes, size), stage.current.getBoundingClientRect(), { least: 0.2 }))
  }
  useEffect(() => {
    if (!drawn.nodes.length) return undefined
    const watch = new ResizeObserver(() => own.current || fit()) // the page may give it more room once it is there
    watch.observe(stage.current)
    host.dataset.ready = '1'
    return () => watch.disconnect()
  }, [drawn])
  const onKeyDown = (event) => {
    const way = { '+': 'zoomIn', '=': 'zoomIn', '-': 'zoomOut' }[event.key]
    if (way) flow[way]()
    else if (event.key === 'f') fit()
    else if (MOVES[event.key]) moved(flow, MOVES[event.key])
    else return
    own.current = event.key !== 'f'
    event.preventDefault()
  }
  return (
    <div className="board differing" data-dark={dark ? '1' : '0'}>
      <Legend nodes={nodes} first={first} second={second} flow={flow} fit={fit} own={own} />
      <div className="board-stage" ref={stage} role="application" tabIndex={0} aria-label={label} onKeyDown={onKeyDown}>
        <ReactFlow
          nodes={drawn.nodes} edges={drawn.edges} nodeTypes={NODES} edgeTypes={EDGES} colorMode={dark ? 'dark' : 'light'}
          nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} elementsSelectable={false} minZoom={0.05} maxZoom={2}
          deleteKeyCode={null} disableKeyboardA11y preventScrolling={false} zoomOnScroll={false} proOptions={PLAIN}
          onlyRenderVisibleElements={drawn.nodes.length > MANY}
          onMoveStart={(event) => (own.current ||= Boolean(event))}
        >
          <Background variant={BackgroundVariant.Dots} gap={2 * GRID} size={1} />
        </ReactFlow>
        <Distance stage={stage} />
      </div>
    </div>
  )
}

const PLAIN = { hideAttribution: true }
const STEP = 80
const MOVES = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }

function moved(flow, [dx, dy]) {
  const { x, y, zoom } = flow.getViewport()
  flow.setViewport({ x: x + dx, y: y + dy, zoom })
}

function Legend({ nodes, first, second, flow, fit, own }) {
  const zoom = (way) => {
    own.current = true
    flow[way]()
  }
  const count = (mark) => nodes.filter((node) => node.mark === mark).length
  const told = { added: `only in ${second}`, removed: `only in ${first}`, changed: 'changed' }
  return (
    <div className="board-bar differing-bar">
      {Object.entries(told).map(([mark, words]) => (
        <span key={mark} className={`differing-mark ${mark}`}>
          <b aria-hidden="true">{SIGNS[mark]}</b> {count(mark)} {words}
        </span>
      ))}
      <span className="differing-mark">{count('same')} the same</span>
      <span className="board-tools">
        <Tool words="Further away" icon="remove" run={() => zoom('zoomOut')} />
        <Tool words="Closer" icon="add" run={() => zoom('zoomIn')} />
        <Tool words="Show everything" icon="fit_screen" run={fit} />
      </span>
    </div>
  )
}

const Tool = ({ words, icon, run }) => (
  <button type="button" className="board-tool" aria-label={words} title={words} onClick={run}>
    <span className="icon" aria-hidden="true">{icon}</span>
  </button>
)

/** The nodes and connections of React Flow, in an order made for both graphs together. */
function laidOut(nodes, edges, kinds) {
  const places = arrange(nodes, edges, size)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const direct = new Set(straight(edges).map((edge) => edge.id))
  return {
    nodes: nodes.map((node) => {
      const [x, y] = places.get(node.id)
      return { id: node.id, type: 'marked', position: { x, y }, data: { node, kinds }, ...outlined(node, size(node)) }
    }),
    edges: edges.map((edge) => {
      const { outputs } = byId.get(edge.source).about
      const output = outputs.find(({ name }) => name === edge.output) ?? outputs[0]
      const sign = SIGNS[edge.mark] ? `${SIGNS[edge.mark]} ` : ''
      const data = { label: `${sign}${output?.shape ?? ''}`, bytes: output?.bytes ?? 0, faulty: false, skips: !direct.has(edge.id), mark: edge.mark }
      const ends = { source: edge.source, sourceHandle: output?.name ?? 'output', target: edge.node, targetHandle: edge.port }
      return { id: edge.id, type: 'shape', ...ends, data }
    }),
  }
}

const MarkedNode = memo(function MarkedNode({ id, data: { node, kinds } }) {
  const far = useStore(({ transform }) => transform[2] < FAR)
  const { mark, about, changes } = node
  const { style, classes } = lettering(node)
  const told = changes.map(([what, from, to]) => (from ? `${what} from ${from} to ${to}` : `${what}: ${to}`))
  return (
    <div
      className={`layer ${mark} ${classes}${far ? ' far' : ''}`} data-node={id} data-mark={mark} role="group"
      aria-label={[`${id}, ${about.title}, ${WORDS[mark]}`, ...told].join('. ')} style={{ ...stripe(node, kinds), ...style, height: far ? heightOf(node) : undefined }}
    >
      <Head node={node} icon={kinds.kinds[node.kind]?.icon} board={STILL} />
      {!far && <Changes node={node} />}
      <Foot about={about} far={far} />
      <Ports node={node} isConnectable={false} />
      {SIGNS[mark] && <span className="layer-mark" aria-hidden="true">{SIGNS[mark]}</span>}
    </div>
  )
})

/** What changed, a line each: the name of the field, and its value before and after. */
function Changes({ node: { changes, about } }) {
  const ports = Math.max(...[about.inputs, about.outputs].map(({ length }) => (length > 1 ? length : 0)))
  return (
    <>
      {ports > 0 && <div className="layer-ports" style={{ height: 22 * ports + 9 }} />}
      {changes.length > 0 && (
        <div className="layer-fields">
          {changes.map(([what, from, to]) => (
            <div key={what} className="layer-field" title={`${what}: ${from} → ${to}`}>
              <span className="layer-label">{what}</span>
              <span className="layer-change">{from && <s>{from}</s>} {from && '→ '}{to}</span>
            </div>
          ))}
        </div>
      )}
    </>
  )
}

const NODES = { marked: MarkedNode }
const EDGES = { shape: ShapeEdge }
