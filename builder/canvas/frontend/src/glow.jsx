// The choice of what the run shows on nodes and connections, its legend, and the thumbnail of a node.
import { useState } from 'react'
import { Icon, useOutside } from './bar.jsx'
import { EDGES, SHOWS, useGlow } from './glow.js'

const NODES = { '': 'Nothing', values: 'Values', histogram: 'Distribution' }
const CABLES = { '': 'Data', weights: 'Weights', gradients: 'Gradients' }

/** The button in the bar, and the sheet behind it. */
export function GlowMenu({ glow }) {
  const [open, setOpen] = useState(false)
  const box = useOutside(() => setOpen(false), open)
  const show = useGlow((state) => state.show)
  const edges = useGlow((state) => state.edges)
  return (
    <div className="board-menu" ref={box}>
      <button
        className="board-tool" aria-haspopup="menu" aria-expanded={open} aria-pressed={Boolean(show || edges)} onClick={() => setOpen(!open)}
        title="What the run shows (V, W)" aria-label="What the run shows"
      >
        <Icon name="visibility" />
      </button>
      {open && (
        <div className="board-sheet" role="menu">
          <p>On nodes, of the newest run</p>
          <Choices all={SHOWS} words={NODES} chosen={show} pick={(one) => glow.choose({ show: one })} />
          <p>Connections as wide as</p>
          <Choices all={EDGES} words={CABLES} chosen={edges} pick={(one) => glow.choose({ edges: one })} />
        </div>
      )}
    </div>
  )
}

function Choices({ all, words, chosen, pick }) {
  return all.map((one) => (
    <button key={one} role="menuitemradio" aria-checked={chosen === one} onClick={() => pick(one)}>
      <Icon name={chosen === one ? 'check' : ''} /> {words[one]}
    </button>
  ))
}

/** Of which run and step is shown, and what the colours mean. */
export function GlowLegend() {
  const show = useGlow((state) => state.show)
  const edges = useGlow((state) => state.edges)
  const told = useGlow((state) => state.told)
  if (!show && !edges) return null
  const when = told.note ?? (told.run ? `${told.run}, step ${told.step?.toLocaleString('en') ?? '–'}${told.repeat ? ', first repeat' : ''}` : '…')
  return (
    <div className="board-legend glow-legend" role="note">
      <b>{when}</b>
      {show === 'values' && !told.note && <span><i className="glow-scale" /> below 0 to above</span>}
      {edges && !told.note && <span>{CABLES[edges].toLowerCase()}: thin and pale small, wide and strong large</span>}
    </div>
  )
}

/** The thumbnail beside a node. */
export function Thumbnail({ id }) {
  const shown = useGlow((state) => (state.show ? state.told.nodes[id] : undefined))
  if (!shown) return null
  return <img className="layer-glow" src={shown.image} alt={`${id}: ${shown.words}`} title={shown.words} draggable={false} />
}
