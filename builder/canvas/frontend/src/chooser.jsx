// A list to choose from by typing: quick-add, connect, cut. Arrow keys and Enter, or the mouse.
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { Icon } from './bar.jsx'

/** What lies over the board: closes with Escape or a click elsewhere, and gives the focus back to the canvas. */
export function Panel({ board, title, className = '', at, modal = false, children }) {
  const ref = useRef(null)
  const id = useId()
  const close = () => leave(board)
  useEffect(() => {
    const away = (event) => {
      if (!event.composedPath().includes(ref.current)) board.ui.close()
    }
    document.addEventListener('pointerdown', away, true)
    return () => document.removeEventListener('pointerdown', away, true)
  }, [board])
  const onKeyDown = (event) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      close()
    }
    event.stopPropagation()
  }
  return (
    <div ref={ref} className={`panel ${className}`} data-panel role="dialog" aria-modal={modal} aria-labelledby={id}
      style={useNear(ref, board, at)} onKeyDown={onKeyDown}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" className="plain" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      {children}
    </div>
  )
}

/** Close what is open; the canvas has the keyboard again. */
export function leave(board) {
  board.stage.focus({ preventScroll: true })
  board.ui.close()
}

/** The style that puts a panel near a point of the canvas, inside the stage. */
function useNear(ref, board, at) {
  const [style, set] = useState(at ? { opacity: 0 } : undefined) // not hidden: it must take the focus
  useLayoutEffect(() => {
    if (!at) return set(undefined)
    const around = ref.current.offsetParent.getBoundingClientRect()
    if (around.width < 560) return set(undefined) // no room beside anything: where all panels are
    const point = board.flow.flowToScreenPosition({ x: at[0], y: at[1] })
    const { offsetWidth: width, offsetHeight: height } = ref.current
    const inside = (value, room) => Math.max(12, Math.min(value, room - 12))
    return set({
      left: inside(point.x - around.left + 12, around.width - width), right: 'auto', transform: 'none',
      top: inside(point.y - around.top - 28, around.height - height),
    })
  }, [at?.[0], at?.[1]])
  return style
}

/**
 * A search field over a list.
 *
 * @param props.find (query) → options [{key, …}]
 * @param props.draw (option) → what is shown of it
 * @param props.pick (option) what happens with the chosen one
 * @param props.placeholder for the search field, which has it as its name too
 * @param props.empty what to say where nothing is found
 */
export function Chooser({ find, draw, pick, placeholder, empty }) {
  const [query, type] = useState('')
  const [active, point] = useState(0)
  const list = useRef(null)
  const field = useRef(null)
  const id = useId()
  const options = find(query)
  const at = Math.max(0, Math.min(active, options.length - 1))
  useLayoutEffect(() => field.current.focus({ preventScroll: true }), [])
  useEffect(() => {
    list.current.children[at]?.scrollIntoView({ block: 'nearest' }) // its promise is no clean-up
  }, [at, query])
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }
  // Drawn before the next key comes: Enter takes what was typed, not what was shown a moment before.
  const onChange = (event) => flushSync(() => { type(event.target.value); point(0) })
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing) return
    if (event.key in step) {
      const to = at + step[event.key]
      const around = Math.abs(step[event.key]) === 1 ? (to + options.length) % options.length : to
      point(Math.max(0, Math.min(around, options.length - 1)))
    } else if (event.key === 'Enter') {
      if (options[at]) pick(options[at])
    } else return
    event.preventDefault()
  }
  return (
    <>
      <input ref={field} className="query" type="text" role="combobox" aria-expanded="true" aria-controls={`${id}l`} spellCheck={false}
        aria-activedescendant={options[at] ? `${id}${at}` : undefined} aria-autocomplete="list" autoComplete="off" autoCapitalize="off"
        placeholder={placeholder} aria-label={placeholder} value={query} {...{ onKeyDown, onChange }} />
      <ul ref={list} id={`${id}l`} className="options" role="listbox" aria-label={placeholder}>
        {options.map((option, place) => (
          <li key={option.key} id={`${id}${place}`} role="option" aria-selected={place === at} data-option={option.key}
            className={option.dim ? 'dim' : ''} onPointerMove={() => place !== at && point(place)} onClick={() => pick(option)}>
            {draw(option)}
          </li>
        ))}
      </ul>
      {options.length ? null : <p className="empty">{empty(query)}</p>}
    </>
  )
}
