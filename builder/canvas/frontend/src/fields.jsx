// The fields on a node: numbers are dragged or typed, choices picked, switches turned.
import { memo, useRef, useState } from 'react'
import { useDragged } from './dragged.js'
import { clamped, holds, listed, parsed, shown, stepOf } from './values.js'

const STILL = 'nodrag nopan nowheel nokey' // React Flow leaves these elements alone
const PAUSE = 1000 // ms between two key presses that belong together
const SHAPED = { int: 'numeric', float: 'decimal' }

/** The rows of a node's fields; Tab stops at them while they are not `still`: at those of the selected node. */
export const Fields = memo(function Fields({ node, board, still }) {
  const { fields, problems } = node.about
  if (!fields.length) return null
  return (
    <div className="layer-fields" ref={(box) => stops(box, still)}>
      {fields.map((field) => (
        <Row key={field.name} node={node} field={field} board={board} problem={problems.find((one) => one.field === field.name)} />
      ))}
    </div>
  )
})

function stops(box, still) {
  for (const one of box?.querySelectorAll('input, select, button') ?? []) one.tabIndex = still ? -1 : 0
}

function Row({ node, field, board, problem }) {
  const send = (value, gesture = '') => {
    board.do({ edit: 'config', node: node.id, config: config(node, field.name, value), gesture })
    if (!gesture) board.tell(`${field.label || field.name} of ${node.id}: ${shown(value) || 'none'}.`, 'quiet')
  }
  const value = holds(node, field)
  const Control = (field.kind !== 'sizes' || listed(value) ? CONTROLS[field.kind] : null) ?? Typed
  const label = field.label || field.name
  return (
    <div className={`layer-field${problem ? ' wrong' : ''}`} title={problem?.message}>
      <span className="layer-label" title={label}>{label}</span>
      <Control
        field={field} value={value} send={send} label={`${label} of ${node.id}`} wrong={Boolean(problem)} inside={formulas(field, board)}
      />
    </div>
  )
}

const CONTROLS = { choice: Choice, bool: Switch, int: Numeral, float: Numeral, sizes: Sizes }

/** The config that sets a field; "arguments.width" is one of a block's arguments, which are set together. */
function config(node, name, value) {
  const [stem, argument] = name.split('.')
  return { [stem]: argument ? { ...node.config[stem], [argument]: value } : value }
}

/** Whether a number may be a formula here: inside a block, and as an argument of one. */
const formulas = ({ name }, board) => name.startsWith('arguments.') || board.store.get().path.length > 0

function Choice({ field, value, send, label, wrong }) {
  const options = field.options ?? []
  const place = options.findIndex((option) => option === value)
  const all = place < 0 ? [value, ...options] : options
  return (
    <select
      className={`layer-choice ${STILL}`} data-field={field.name} aria-label={label} aria-invalid={wrong || undefined}
      value={Math.max(place, 0)} onKeyDown={escape} onChange={(event) => send(all[Number(event.target.value)])}
    >
      {all.map((option, number) => (
        <option key={number} value={number}>{shown(option) || 'none'}</option>
      ))}
    </select>
  )
}

function Switch({ field, value, send, label, wrong }) {
  return (
    <button
      type="button" role="switch" aria-checked={Boolean(value)} className={`layer-switch ${STILL}`} data-field={field.name}
      aria-label={label} aria-invalid={wrong || undefined} onClick={() => send(!value)} onKeyDown={escape}
    >
      <span />
    </button>
  )
}

function Numeral({ field, value, send, label, wrong, inside }) {
  const plain = typeof value === 'number'
  const { now, handlers, dragging } = useDragged(field, value, send)
  const by = useSteps(field, value, send)
  const keys = (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (!way || !plain) return false
    event.preventDefault()
    by(way * (event.shiftKey ? 10 : 1))
    return true
  }
  return (
    <Typed
      {...{ field, send, label, wrong, inside, keys }} value={now} drag={plain ? handlers : undefined}
      className={`layer-number${plain ? ' layer-slides' : ' layer-formula'}${dragging ? ' layer-sliding' : ''}`}
      more={plain ? { role: 'spinbutton', 'aria-valuenow': now, 'aria-valuemin': field.min, 'aria-valuemax': field.max } : undefined}
    />
  )
}

/** A list of whole numbers, each to be dragged or typed by itself; "3, 32, 32" typed in one of them is the whole list. */
function Sizes({ field, value, send, label, wrong, inside }) {
  const part = { ...field, kind: 'int', part: true }
  return (
    <span className="layer-sizes" role="group" aria-label={label}>
      {value.map((size, place) => (
        <Numeral
          key={place} field={part} value={size} label={`${label}, ${place + 1} of ${value.length}`} wrong={wrong} inside={inside}
          send={(given, gesture) => send(Array.isArray(given) ? given : value.with(place, given), gesture)}
        />
      ))}
    </span>
  )
}

/** Changes a number by so many steps; those that follow one another quickly are undone together. */
function useSteps(field, value, send) {
  const last = useRef({ at: 0, gesture: '' })
  return (steps) => {
    const at = Date.now()
    const gesture = at - last.current.at < PAUSE ? last.current.gesture : `${field.name} ${at} ${Math.random()}`
    last.current = { at, gesture }
    send(clamped(field, value + steps * stepOf(field, value)), gesture)
  }
}

/** An input that keeps what is typed until Enter, Tab or a click elsewhere; Escape restores. */
function Typed({ field, value, send, label, wrong, inside, keys, drag, className = 'layer-text', more }) {
  const [draft, setDraft] = useState(null)
  const dropped = useRef(false)
  const text = shown(value)
  const typed = draft === null || draft === text ? { value } : parsed(draft, field, { inside, before: value })
  const commit = () => {
    if (!dropped.current && typed.why === undefined && typed.value !== value) send(typed.value)
    setDraft(null)
  }
  const press = (event) => {
    if (event.key === 'Enter' && !typed.why) leave(event)
    dropped.current = event.key === 'Escape'
    if (dropped.current) leave(event)
    if (keys?.(event)) setDraft(null)
    event.stopPropagation()
  }
  return (
    <>
      <input
        type="text" inputMode={inside ? undefined : SHAPED[field.kind]} spellCheck={false} autoComplete="off" enterKeyHint="done"
        className={`${className} ${STILL}`} data-field={field.name} aria-label={label} title={draft === null ? hint(text, drag) : undefined}
        aria-invalid={Boolean(typed.why) || wrong || undefined} value={draft ?? text} {...more} {...(draft === null ? drag : undefined)}
        onFocus={(event) => { setDraft(text); select(event.target) }} onBlur={commit}
        onChange={(event) => setDraft(event.target.value)} onKeyDown={press}
      />
      {typed.why && <span className="layer-why" role="alert">{typed.why}</span>}
    </>
  )
}

const hint = (text, drag) => (drag ? `${text} · drag sideways, or click to type` : text)
/** Select what a field holds; once more when the mouse has put a caret into it, but not after a key was pressed. */
function select(input) {
  input.select()
  const late = requestAnimationFrame(() => input.select())
  input.addEventListener('keydown', () => cancelAnimationFrame(late), { once: true })
}

function escape(event) {
  if (event.key === 'Escape') leave(event)
  if (event.key !== 'Tab' && !event.ctrlKey && !event.metaKey) event.stopPropagation()
}

/** Back to the canvas, where the keys walk from node to node. */
function leave(event) {
  event.preventDefault()
  event.currentTarget.blur()
  event.currentTarget.closest('.board-stage')?.focus({ preventScroll: true })
}
