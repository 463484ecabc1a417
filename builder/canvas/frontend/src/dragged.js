// A number that is dragged sideways: one gesture, so one undo, however far it goes.
import { useEffect, useRef, useState } from 'react'
import { clamped, stepOf } from './values.js'

const PIXELS = 4 // a step
const MANY = 10 // steps at once with Shift
const OFTEN = 60 // ms between two edits while dragging

/** The number to show, the pointer handlers of its element, and whether it is being dragged. */
export function useDragged(field, value, send) {
  const [now, show] = useState(null)
  const held = useRef(null)
  const latest = useRef(send)
  latest.current = send
  useEffect(() => () => clearTimeout(held.current?.late), [])
  const handlers = {
    onMouseDown: (event) => event.preventDefault(), // it gets the focus when let go, if it was not dragged
    onPointerDown(event) {
      if (event.button) return
      event.currentTarget.setPointerCapture(event.pointerId)
      held.current = begun(event, field, value)
    },
    onPointerMove(event) {
      const drag = held.current
      if (!drag || !moved(drag, event)) return
      show(drag.now)
      if (!drag.late) drag.late = setTimeout(() => commit(drag, latest.current), Math.max(0, drag.sent + OFTEN - Date.now()))
    },
    onPointerUp(event) {
      const drag = held.current
      held.current = null
      if (!drag) return
      if (!drag.steps) event.currentTarget.focus({ preventScroll: true })
      commit(drag, latest.current)
      show(null)
    },
    onPointerCancel() {
      const drag = held.current
      held.current = null
      if (!drag) return
      commit({ ...drag, now: drag.from }, latest.current)
      show(null)
    },
  }
  return { now: now ?? value, handlers, dragging: now !== null }
}

function begun({ clientX }, field, value) {
  const gesture = `${field.name} ${Date.now()} ${Math.random().toString(36).slice(2)}`
  return { field, gesture, x: clientX, from: value, now: value, told: value, step: stepOf(field, value), steps: 0, sent: 0, late: 0 }
}

/** Whether the pointer has gone another step; the drag then holds the new number. */
function moved(drag, { clientX, shiftKey }) {
  const steps = Math.trunc((clientX - drag.x) / PIXELS)
  if (!steps) return false
  drag.x += steps * PIXELS
  drag.steps += 1
  drag.now = clamped(drag.field, drag.now + steps * drag.step * (shiftKey ? MANY : 1))
  return true
}

function commit(drag, send) {
  clearTimeout(drag.late)
  drag.late = 0
  if (drag.now === drag.told) return
  drag.told = drag.now
  drag.sent = Date.now()
  send(drag.now, drag.gesture)
}
