// The palette: every layer on its shelf, to drag onto the canvas or to add with a click.
import { useDeferredValue, useMemo, useState } from 'react'
import { Icon } from './bar.jsx'
import { choices, found } from './finding.js'
import { KIND } from './gestures.js'
import { begun, Layer, usable, wordFor } from './quickadd.jsx'

/** All layers by category, with a search field; may be folded away. */
export function Palette({ board, actions }) {
  const [open, fold] = useState(true)
  const [query, type] = useState('')
  const asked = useDeferredValue(query)
  const { scene } = board.state
  const all = useMemo(() => (board.kinds ? choices(board.kinds, usable(scene)) : []), [board.kinds, scene?.blocks, scene?.path])
  const hits = useMemo(() => (asked.trim() ? found(asked, all) : null), [asked, all])
  const add = (choice) => actions.add(wordFor(choice))
  if (!open) {
    return (
      <div className="palette folded">
        <button type="button" className="plain" aria-expanded="false" aria-label="Show the layers" title="Layers" onClick={() => fold(true)}>
          <Icon name="add_box" />
        </button>
      </div>
    )
  }
  return (
    <aside className="palette" aria-label="Layers">
      <header>
        <div className="search">
          <Icon name="search" />
          <input type="search" value={query} placeholder="Search layers" aria-label="Search layers" spellCheck={false}
            onChange={(event) => type(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && hits?.[0]) add(hits[0])
              if (event.key === 'ArrowDown') walk(event, 1)
              if (event.key === 'Escape') query ? type('') : board.stage.focus({ preventScroll: true })
              event.stopPropagation()
            }} />
        </div>
        <button type="button" className="plain" aria-expanded="true" aria-label="Hide the layers" title="Hide" onClick={() => fold(false)}>
          <Icon name="left_panel_close" />
        </button>
      </header>
      <div className="shelves" onKeyDown={(event) => walk(event, { ArrowDown: 1, ArrowUp: -1 }[event.key])}>
        {hits ? <Hits hits={hits} query={asked} add={add} /> : <Shelves board={board} all={all} add={add} />}
      </div>
    </aside>
  )
}

/** The arrow keys lead from the search field through the layers, so that Tab need not stop at each of them. */
function walk(event, by) {
  if (!by) return
  const palette = event.currentTarget.closest('.palette')
  const stops = [...palette.querySelectorAll('input, [data-kind]')].filter((one) => one.checkVisibility?.() ?? true)
  stops[stops.indexOf(event.target) + by]?.focus()
  event.preventDefault()
  event.stopPropagation()
}

function Hits({ hits, query, add }) {
  if (!hits.length) return <p className="empty">No layer is called “{query}”. Try what it does, such as “image” or “skip”.</p>
  return <ul>{hits.map((choice) => <Item key={choice.key} choice={choice} add={add} />)}</ul>
}

function Shelves({ board, all, add }) {
  const shelves = grouped(begun(all))
  return (
    <>
      {[...shelves].map(([category, kinds]) => (
        <details key={category} open>
          <summary>{category}</summary>
          <ul>{kinds.map((choice) => <Item key={choice.key} choice={choice} add={add} />)}</ul>
        </details>
      ))}
      {board.kinds && !shelves.has('Blocks') ? (
        <details open>
          <summary>Blocks</summary>
          <p className="empty">Select nodes and press Ctrl+G to make a block of them.</p>
        </details>
      ) : null}
    </>
  )
}

function grouped(all) {
  const shelves = new Map()
  for (const one of all) shelves.set(one.category, [...(shelves.get(one.category) ?? []), one])
  return shelves
}

function Item({ choice, add }) {
  const onDragStart = (event) => {
    event.dataTransfer.setData(KIND, wordFor(choice))
    event.dataTransfer.effectAllowed = 'copy'
  }
  return (
    <li>
      <button type="button" tabIndex={-1} draggable data-kind={wordFor(choice)} title={choice.help} onDragStart={onDragStart} onClick={({ detail }) => detail < 2 && add(choice)}>
        <Layer choice={choice} />
      </button>
    </li>
  )
}
