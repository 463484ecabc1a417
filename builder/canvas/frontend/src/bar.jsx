// Above the board: the networks of the project, where in a block one is, and the tools.
import { useEffect, useRef, useState } from 'react'
import { HEATS } from './board.js'
import { GlowMenu } from './glow.jsx'

const WARMTH = { '': 'Off', parameters: 'Parameters', multiply_adds: 'Multiply–adds', bytes: 'Memory' }
const USUAL = ['generator', 'discriminator', 'policy', 'value', 'encoder', 'decoder', 'model']

export const Icon = ({ name }) => <span className="icon" aria-hidden="true">{name}</span>

/** The bar over the canvas. */
export function Bar({ board, actions, state, heat, boxing, narrow }) {
  const inside = state.path.length > 0
  return (
    <div className="board-bar">
      {narrow && (
        <button className="board-add" onClick={() => board.ui.open('quickadd', {})}>
          <Icon name="add" /> Layer
        </button>
      )}
      {inside ? <Crumbs board={board} actions={actions} state={state} /> : <Roles board={board} state={state} />}
      <div className="board-tools" role="toolbar" aria-label="Tools">
        <Tool icon="undo" words="Undo (Ctrl+Z)" off={!state.scene?.can_undo && !state.pending} run={() => actions.undo()} />
        <Tool icon="redo" words="Redo (Ctrl+Y)" off={!state.scene?.can_redo} run={() => actions.redo()} />
        <i className="board-rule" />
        <Tool icon="highlight_alt" words="Select with a box (Shift+drag)" on={boxing} run={() => board.setBoxing(!boxing)} />
        <Tool icon="account_tree" words="Lay out (L)" off={!state.nodes.length} run={() => board.layout(board.selected())} />
        <Tool icon="fit_screen" words="Show all (F)" off={!state.nodes.length} run={() => board.fit()} />
        <Heat board={board} heat={heat} />
        <GlowMenu glow={board.glow} />
        <i className="board-rule" />
        <Tool icon="keyboard" words="Keys (?)" run={() => board.ui.open('help')} />
      </div>
    </div>
  )
}

function Tool({ icon, words, run, on, off }) {
  return (
    <button className="board-tool" title={words} aria-label={words} aria-pressed={on} disabled={off} onClick={run}>
      <Icon name={icon} />
    </button>
  )
}

/** What the colours of the heat map mean, while it is on. */
export function Legend({ by }) {
  if (!by) return null
  return (
    <div className="board-legend" role="note">
      <b>{WARMTH[by]}</b> few <i /> many
    </div>
  )
}

function Heat({ board, heat }) {
  const [open, setOpen] = useState(false)
  const box = useOutside(() => setOpen(false), open)
  const pick = (by) => {
    board.setHeat(by)
    setOpen(false)
  }
  return (
    <div className="board-menu" ref={box}>
      <button
        className="board-tool" aria-haspopup="menu" aria-expanded={open} aria-pressed={Boolean(heat)} onClick={() => setOpen(!open)}
        title="Where the cost lies (H)" aria-label="Where the cost lies"
      >
        <Icon name="local_fire_department" />
      </button>
      {open && (
        <div className="board-sheet" role="menu">
          <p>Where the cost lies</p>
          {HEATS.map((by) => (
            <button key={by} role="menuitemradio" aria-checked={heat === by} onClick={() => pick(by)}>
              <Icon name={heat === by ? 'check' : ''} /> {WARMTH[by]}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function Crumbs({ board, actions, state }) {
  const path = state.scene?.path ?? []
  return (
    <nav className="board-crumbs" aria-label="Where you are">
      <button className="board-tool" title="Leave the block (Escape)" aria-label="Leave the block" onClick={() => actions.leave(path.length - 1)}>
        <Icon name="arrow_back" />
      </button>
      <button onClick={() => board.store.open({ role: state.role, path: [] })}>{state.role}</button>
      {path.map((step, depth) => (
        <span key={depth}>
          <Icon name="chevron_right" />
          <button aria-current={depth === path.length - 1 ? 'location' : undefined} onClick={() => depth < path.length - 1 && actions.leave(depth + 1)}>
            {step.block}
            {step.block !== step.node && <small>{step.node}</small>}
            {step.repeat > 1 && <small>× {step.repeat}</small>}
          </button>
        </span>
      ))}
    </nav>
  )
}

function Roles({ board, state }) {
  const roles = state.scene?.roles ?? []
  const [naming, name] = useState(null) // null, "" for a new one, or the role that gets another name
  const add = (role) => {
    if (roles.some((one) => one.name === role)) {
      board.tell(`There is a network '${role}' already. Choose another name.`, 'refused')
      return false
    }
    board.store.do({ edit: 'add_role', role })
    board.store.open({ role, path: [] })
    return true
  }
  const done = (text) => {
    if (text && naming === '' && !add(text)) return false
    if (text && naming && text !== naming) board.store.do({ edit: 'rename_role', role: naming, to: text })
    name(null)
    return true
  }
  return (
    <div className="board-networks">
      <div className="board-roles" role="tablist" aria-label="Networks of this project">
        {roles.map((role) =>
          naming === role.name ? (
            <Naming key={role.name} first={role.name} done={done} />
          ) : (
            <Role key={role.name} board={board} role={role} chosen={role.name === state.role} alone={roles.length < 2} rename={() => name(role.name)} />
          ),
        )}
      </div>
      {naming === '' ? (
        <Naming first={USUAL.find((one) => !roles.some((role) => role.name === one))} done={done} />
      ) : (
        <button className="board-tool small" title="Add a network (role)" aria-label="Add a network (role)" onClick={() => name('')}>
          <Icon name="add" />
        </button>
      )}
    </div>
  )
}

function Role({ board, role, chosen, alone, rename }) {
  const open = () => (chosen ? rename() : board.store.open({ role: role.name, path: [] }))
  const wrong = role.errors > 0 && role.nodes > 0 && `${role.errors} ${role.errors === 1 ? 'problem' : 'problems'}`
  return (
    <span className={`board-role${chosen ? ' chosen' : ''}`}>
      <button role="tab" aria-selected={chosen} title={chosen ? 'Click to rename' : `${role.nodes} nodes`} onClick={open}>
        <span>{role.name}</span>
        {wrong && <i className="board-dot" role="img" aria-label={wrong} title={wrong} />}
      </button>
      {chosen && !alone && (
        <button
          className="board-close" title={`Remove ${role.name}`} aria-label={`Remove ${role.name}`}
          onClick={() => {
            board.store.do({ edit: 'remove_role', role: role.name })
            board.stage.focus({ preventScroll: true }) // the button is gone, and the keys must not be
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </span>
  )
}

function Naming({ first, done }) {
  const input = useRef(null)
  const over = useRef(false)
  useEffect(() => input.current.select(), [])
  const finish = (text) => {
    if (over.current) return
    over.current = true
    over.current = done(text.trim().toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^_+|_+$/g, ''))
  }
  const key = (event) => {
    event.stopPropagation()
    if (event.key === 'Enter') finish(event.target.value)
    if (event.key === 'Escape') finish('')
  }
  return (
    <input
      ref={input} autoFocus className="board-naming" aria-label="Name of the network" defaultValue={first} maxLength={64}
      onKeyDown={key} onBlur={(event) => finish(event.target.value === first ? '' : event.target.value)}
    />
  )
}

/** A ref for a menu; a press elsewhere or Escape closes it. */
export function useOutside(close, open) {
  const box = useRef(null)
  useEffect(() => {
    if (!open) return undefined
    const root = box.current.getRootNode()
    const press = (event) => box.current?.contains(event.target) || close()
    const key = (event) => event.key === 'Escape' && close()
    root.addEventListener('pointerdown', press, true)
    root.addEventListener('keydown', key, true)
    return () => {
      root.removeEventListener('pointerdown', press, true)
      root.removeEventListener('keydown', key, true)
    }
  }, [open])
  return box
}
