// Keys in the settings beside the canvas, which are Streamlit's: undo, redo, and back to the canvas. A text that is being
// typed is the browser's.
import { useEffect } from 'react'
import { written } from './keys.js'

const SIDE = '.st-key-board_side'
const STEPS = { 'Ctrl+Z': 'undo', 'Ctrl+Shift+Z': 'redo', 'Ctrl+Y': 'redo' }

/** Answers there, as long as the canvas is on the page. */
export function useBeside(board, actions) {
  useEffect(() => listen(board, actions), [board, actions])
}

function listen(board, actions) {
  let typed = null // the field with a text that is not in the project yet
  const side = (event) => event.target.closest?.(SIDE)
  const hear = {
    input: (event) => side(event) && (typed = event.target),
    change: () => (typed = null), // left
    focusout: () => (typed = null),
    keydown(event) {
      if (event.key === 'Enter' && event.target.matches?.('input')) typed = null // Streamlit takes it
      if (event.key === 'Escape' && side(event) && event.target !== typed) board.stage.focus({ preventScroll: true })
      const step = side(event) && event.target !== typed && !event.isComposing && STEPS[written(event)]
      if (!step) return
      event.preventDefault()
      event.stopPropagation()
      actions[step]()
    },
  }
  for (const kind in hear) window.addEventListener(kind, hear[kind], true)
  return () => {
    for (const kind in hear) window.removeEventListener(kind, hear[kind], true)
  }
}
