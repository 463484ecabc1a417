// Making a block: give the selected nodes a name.
import { useLayoutEffect, useRef, useState } from 'react'
import { leave, Panel } from './chooser.jsx'

const LONGEST = 64

/** Asks for the name of a block of these nodes. */
export function NameBlock({ board, actions, ids }) {
  const taken = (board.state.scene?.blocks ?? []).map((block) => block.name)
  const [name, type] = useState(() => free('block', taken))
  const field = useRef(null)
  useLayoutEffect(() => field.current.select(), [])
  const id = allowed(name)
  const why = refused(id, taken)
  const make = (event) => {
    event.preventDefault()
    if (why) return
    leave(board)
    actions.nameBlock(ids, id)
  }
  return (
    <Panel board={board} title="Make a block" className="naming">
      <form onSubmit={make}>
        <p>{ids.length === 1 ? `${ids[0]} becomes` : `These ${ids.length} nodes become`} one node that can be used again and repeated.</p>
        <label>
          Name
          <input ref={field} className="query" value={name} maxLength={LONGEST} spellCheck={false} autoComplete="off" autoCapitalize="off"
            aria-invalid={Boolean(why)} aria-describedby="why" onChange={(event) => type(event.target.value)} />
        </label>
        <p id="why" className={why ? 'why' : 'hint'} role="status">
          {why || (id === name ? 'Its nodes stay as they are, inside.' : `It will be called ${id}.`)}
        </p>
        <div className="buttons">
          <button type="submit" className="main" disabled={Boolean(why)}>Make the block</button>
          <button type="button" onClick={() => leave(board)}>Cancel</button>
        </div>
      </form>
    </Panel>
  )
}

const allowed = (name) => name.trim().toLowerCase().replace(/[\s-]+/g, '_').replace(/_+/g, '_')

function refused(id, taken) {
  if (!id) return 'Give it a name.'
  if (!/^[a-z][a-z0-9_]*$/.test(id)) return 'A name has letters (a–z), digits and _, and begins with a letter.'
  return taken.includes(id) ? `There is a block ${id} already.` : ''
}

function free(stem, taken) {
  for (let number = 1; ; number++) if (!taken.includes(`${stem}${number}`)) return `${stem}${number}`
}
