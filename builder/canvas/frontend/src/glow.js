// What the newest run tells of the nodes that are shown: thumbnails, and how strong connections are.
import { createContext, useContext, useSyncExternalStore } from 'react'

export const SHOWS = ['', 'values', 'histogram']
export const EDGES = ['', 'weights', 'gradients']
const KEPT = 'strata.glow' // what this browser showed last
const LIVE = 1000 // ms between two looks at a run that trains
const IDLE = 5000 // and at one that is over: another may begin
const NOTHING = { nodes: {}, edges: {} }

/** A store: {get, subscribe, choose, look, stop}; `get()` is {show, edges, told}. `where` is {role, path}. */
export function createGlow(base, project) {
  const listeners = new Set()
  let state = { ...remembered(), told: NOTHING }
  let where = { role: '', path: [] }
  let tag = ''
  let timer = 0
  let flight = null

  const tell = (more) => {
    state = { ...state, ...more }
    listeners.forEach((listener) => listener())
  }
  const later = () => {
    clearTimeout(timer)
    if (on(state)) timer = setTimeout(ask, state.told.live ? LIVE : IDLE)
  }
  const ask = async () => {
    if (document.hidden) return later()
    flight?.abort()
    const mine = (flight = new AbortController())
    const query = new URLSearchParams({ role: where.role, path: where.path.join('.'), show: state.show, edges: state.edges })
    try {
      const headers = tag ? { 'if-none-match': tag } : {}
      const address = `${base}/api/projects/${encodeURIComponent(project)}/glow?${query}`
      const answer = await fetch(address, { headers, signal: mine.signal, cache: 'no-store' })
      if (answer.status === 200) {
        tag = answer.headers.get('etag') ?? ''
        tell({ told: { ...NOTHING, ...(await answer.json()) } })
      }
    } catch {
      if (mine.signal.aborted) return undefined // another question has taken its place
    }
    return later()
  }
  const anew = () => {
    tag = ''
    if (on(state)) ask()
    else tell({ told: NOTHING })
  }
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /** Show other things. */
    choose(wanted) {
      tell(wanted)
      localStorage.setItem(KEPT, JSON.stringify({ show: state.show, edges: state.edges }))
      anew()
    },
    /** Look at another network, or into another block. */
    look(place) {
      if (place.role === where.role && place.path.join('.') === where.path.join('.')) return
      where = place
      tell({ told: NOTHING })
      anew()
    },
    stop() {
      clearTimeout(timer)
      flight?.abort()
    },
  }
}

const on = ({ show, edges }) => Boolean(show || edges)

function remembered() {
  try {
    const { show, edges } = JSON.parse(localStorage.getItem(KEPT) ?? '{}')
    return { show: SHOWS.includes(show) ? show : '', edges: EDGES.includes(edges) ? edges : '' }
  } catch {
    return { show: '', edges: '' }
  }
}

export const GlowContext = createContext(null)
const silent = () => () => {}

/** A piece of the state of the glow around; of none where there is no glow, as where graphs are compared. */
export function useGlow(pick) {
  const glow = useContext(GlowContext)
  return useSyncExternalStore(glow?.subscribe ?? silent, () => (glow ? pick(glow.get()) : undefined))
}
