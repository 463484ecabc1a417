// What has happened: told on the screen where it matters, and always to a screen reader.
import { useEffect, useState } from 'react'
import { Icon } from './bar.jsx'

const LEAST = 2500 // ms; more for each letter, and for what was refused
const MOST = 8000
const ICONS = { refused: 'block', done: 'check_circle', changed: 'group' }

/** A message {n, text, kind}; one of kind "quiet" is only spoken. */
export function Toast({ told }) {
  const [shown, show] = useState(null)
  const [held, hold] = useState(false)
  useEffect(() => {
    if (told?.text && told.kind !== 'quiet') show(told)
  }, [told?.n, told?.text])
  useEffect(() => {
    if (!shown || held) return undefined
    const late = setTimeout(() => show(null), lasts(shown))
    return () => clearTimeout(late)
  }, [shown, held])
  const holding = { onPointerEnter: () => hold(true), onPointerLeave: () => hold(false) } // the rest lets clicks through
  return (
    <>
      <div className="spoken" role="status" aria-live="polite">{told?.text ?? ''}</div>
      {shown ? (
        <div className={`toast ${shown.kind ?? ''}`} data-toast>
          <Icon name={ICONS[shown.kind] ?? 'info'} />
          <span>{shown.text}</span>
          <button type="button" className="plain" aria-label="Close the message" onClick={() => show(null)} {...holding}><Icon name="close" /></button>
        </div>
      ) : null}
    </>
  )
}

/** How long a message stays: as long as it takes to read. */
const lasts = ({ text, kind }) => Math.min(MOST, LEAST + 40 * text.length + (kind === 'refused' ? 1500 : 0))
