// What has happened: told on the screen where it matters, and always to a screen reader.
import { useEffect, useState } from 'react'
import { Icon } from './bar.jsx'

const LASTS = 7000
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
    const late = setTimeout(() => show(null), LASTS)
    return () => clearTimeout(late)
  }, [shown, held])
  return (
    <>
      <div className="spoken" role="status" aria-live="polite">{told?.text ?? ''}</div>
      {shown ? (
        <div className={`toast ${shown.kind ?? ''}`} data-toast onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)}>
          <Icon name={ICONS[shown.kind] ?? 'info'} />
          <span>{shown.text}</span>
          <button type="button" className="plain" aria-label="Close the message" onClick={() => show(null)}><Icon name="close" /></button>
        </div>
      ) : null}
    </>
  )
}
