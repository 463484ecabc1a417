// From how far away the board is seen, for the style sheets: little is drawn from far away, and that large.
import { useEffect } from 'react'
import { useStore } from '@xyflow/react'
import { FAR, FARTHER, FARTHEST, HALFWAY } from './size.js'

const NAMES = ['halfway', 'far', 'farther', 'farthest']
const STEP = 1.25 // what keeps its size on the screen grows in steps, so that not every movement draws all nodes anew
const MOST = 8 // times as large: more would cover the nodes around

/** Marks the stage with the distance, and with how much larger is what is as large from everywhere (--away). */
export function Distance({ stage }) {
  const names = useStore(({ transform: [, , zoom] }) => namesAt(zoom).join(' '))
  const away = useStore(({ transform: [, , zoom] }) => awayAt(zoom))
  useEffect(() => {
    for (const name of NAMES) stage.current.classList.toggle(name, names.split(' ').includes(name))
    stage.current.style.setProperty('--away', away)
  }, [names, away])
  return null
}

/** The classes of the stage at a zoom. */
function namesAt(zoom) {
  if (zoom >= FAR) return zoom < HALFWAY ? ['halfway'] : []
  return ['far', zoom < FARTHER && 'farther', zoom < FARTHEST && 'farthest'].filter(Boolean)
}

const awayAt = (zoom) => Math.min(MOST, STEP ** Math.max(0, Math.round(Math.log(1 / zoom) / Math.log(STEP))))
