// Making a block: give the selected nodes a name.
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { leave, Panel } from './chooser.jsx'
import { numbered } from './graph.js'

const LONGEST = 64

/** Asks for the name of a block of these nodes. */
export function NameBlock({ board, actions, ids }) {
  const taken = (board.state.scene?.blocks ?? []).map((block) => block.name)
  const [name, type] = useState(() => numbered('block', new Set(taken)))
  const [answer, hear] = useState({ id: '', why: '' }) // what the server said, and of which name
  const [waits, wait] = useState(false)
  const field = useRef(null)
  const open = useRef(true)
  useLayoutEffect(() => field.current.select(), [])
  useEffect(() => () => (open.current = false), [])
  const id = allowed(name)
  const why = refused(id, taken) || (answer.id === id ? answer.why : '')
  const make = async (event) => {
    event.preventDefault()
    if (why || waits) return
    wait(true)
    const words = await actions.nameBlock(ids, id)
    if (!open.current) return words && board.tell(words, 'refused')
    if (!words) return leave(board)
    wait(false)
    hear({ id, why: words })
    return field.current.focus()
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
          <button type="submit" className="main" disabled={Boolean(why) || waits}>Make the block</button>
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
