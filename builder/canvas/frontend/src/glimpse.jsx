// What of a run is shown on the canvas: the choice in the bar, the picture on a node, and the legend.
import { useContext, useState, useSyncExternalStore } from 'react'
import { Icon, useOutside } from './bar.jsx'
import { EDGES, LiveContext, NODES, useGlimpse } from './live.js'
import './glimpse.css'

const useLive = () => {
  const live = useContext(LiveContext)
  return [live, useSyncExternalStore(live.subscribe, live.get)]
}

/** The button in the bar, with what nodes and connections may show. */
export function Shows() {
  const [live, { shows }] = useLive()
  const [open, setOpen] = useState(false)
  const box = useOutside(() => setOpen(false), open)
  return (
    <div className="board-menu" ref={box}>
      <button
        className="board-tool" aria-haspopup="menu" aria-expanded={open} aria-pressed={Boolean(shows.nodes || shows.edges)}
        onClick={() => setOpen(!open)} title="What the newest run shows (R)" aria-label="What the newest run shows"
      >
        <Icon name="visibility" />
      </button>
      {open && (
        <div className="board-sheet" role="menu" aria-label="What the newest run shows">
          <p>Nodes show</p>
          <Choices among={NODES} chosen={shows.nodes} choose={(nodes) => live.choose({ nodes })} />
          <p>Connections show</p>
          <Choices among={EDGES} chosen={shows.edges} choose={(edges) => live.choose({ edges })} />
        </div>
      )}
    </div>
  )
}

function Choices({ among, chosen, choose }) {
  return Object.entries(among).map(([name, words]) => (
    <button key={name} role="menuitemradio" aria-checked={chosen === name} onClick={() => choose(name)}>
      <Icon name={chosen === name ? 'check' : ''} /> {words}
    </button>
  ))
}

/** What a node gave, in place of its icon. */
export function Glimpse({ id }) {
  const seen = useGlimpse(id)
  if (!seen) return null
  return <img className="layer-glimpse" src={seen.image} alt={`What ${id} gives: ${seen.words}`} title={`${id}: ${seen.words}`} draggable={false} />
}

/** What is shown, of which run and step, and its scale. */
export function RunLegend() {
  const [, { shows, told, trouble }] = useLive()
  if (!shows.nodes && !shows.edges) return null
  return (
    <div className="board-legend glimpses" role="note" data-step={told?.step ?? ''}>
      {trouble && <p>The server does not answer; this may be old.</p>}
      {told ? <Told shows={shows} told={told} /> : <p>Asking for the newest run …</p>}
    </div>
  )
}

function Told({ shows, told }) {
  if (!told.run) return <p>This project has no run yet: train it, and see here what its nodes give.</p>
  return (
    <>
      {shows.nodes && <p><b>{NODES[shows.nodes]}</b> {ofNodes(shows, told)}</p>}
      {shows.edges && <p><b>{EDGES[shows.edges]}</b> {ofEdges(told)}</p>}
      <p className="faint">Run {told.run}{told.over ? '' : ', training'}{told.first ? '; of a repeated block the first repeat' : ''}</p>
    </>
  )
}

function ofNodes({ nodes }, { step, nodes: shown }) {
  if (step === null || step === undefined) return 'nothing was kept yet'
  if (!Object.keys(shown).length) return 'nothing was kept of these nodes, or they have changed since'
  const at = `at step ${step.toLocaleString('en')}`
  if (nodes === 'histogram') return <>over validation examples, {at}; grey line: zero</>
  return <>for one validation example, {at}: <span className="under">−</span> <i className="diverging" /> <span>+</span> largest of the node</>
}

function ofEdges({ read, scale, edges }) {
  if (!scale || !Object.keys(edges).length) return 'nothing was read of these layers, or they have changed since'
  const low = scale.decades ? `≤ 10⁻${'⁰¹²³⁴⁵⁶⁷⁸⁹'[scale.decades]} of it` : '0'
  return <>norm in the layer entered, at step {read.toLocaleString('en')}: {low} <i className="wedge" /> {scale.most}</>
}
