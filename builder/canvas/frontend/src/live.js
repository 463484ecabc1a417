// What nodes and connections show of the project's newest run. It lies outside of React's state, so that a new step draws
// the pictures anew and not the nodes. The server is asked only while something is shown and the page is seen.
import { createContext, useCallback, useContext, useEffect, useMemo, useSyncExternalStore } from 'react'

export const NODES = { '': 'Nothing', values: 'Values', histogram: 'Histogram' }
export const EDGES = { '': 'Plain', weights: 'Weights', gradients: 'Gradients' }
const PERIOD = 1000 // ms between two looks at a run that trains
const IDLE = 4000 // and at one that is over, or none
const KEY = 'strata-canvas-shows' // in this browser's own storage

export const LiveContext = createContext(null)

/** What is shown, from the start as this browser left it: {get, subscribe, choose, node, edge, look, stop}. */
export function createLive(base, project) {
  let state = { shows: remembered(), told: null, trouble: false }
  let place = { role: '', path: [] }
  let tag = ''
  let timer = 0
  let asked = 0 // the number of the newest request; the answers to others are not for what is looked at
  const listeners = new Set()

  const set = (change) => {
    state = { ...state, ...change }
    for (const listener of [...listeners]) listener()
  }
  const wanted = () => Boolean(state.shows.nodes || state.shows.edges)
  const later = (wait) => {
    clearTimeout(timer)
    timer = wanted() ? setTimeout(ask, wait) : 0
  }
  const ask = async () => {
    const mine = ++asked
    if (document.visibilityState !== 'visible') return
    try {
      const query = new URLSearchParams({ role: place.role, path: place.path.join('.'), ...state.shows })
      const answer = await fetch(`${base}/api/projects/${encodeURIComponent(project)}/glimpses?${query}`, {
        cache: 'no-store', headers: tag ? { 'if-none-match': tag } : {},
      })
      const told = answer.ok ? await answer.json() : null
      if (mine !== asked) return
      if (told) {
        tag = answer.headers.get('etag') ?? ''
        set({ told: merged(state.told, told), trouble: false })
      } else if (state.trouble !== (answer.status !== 304)) set({ trouble: answer.status !== 304 })
    } catch {
      if (mine === asked) set({ trouble: true })
    }
    later(state.told?.run && !state.told.over ? PERIOD : IDLE)
  }
  const anew = () => {
    tag = ''
    asked += 1
    set({ told: null })
    later(0)
  }
  const seen = () => wanted() && later(0)
  document.addEventListener('visibilitychange', seen)
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    choose(change) {
      const shows = { ...state.shows, ...change }
      remember(shows)
      set({ shows })
      anew()
    },
    /** Look at this graph; another one has other pictures. A newer revision is asked for at once. */
    look(role, path, revision) {
      const moved = role !== place.role || path.join('.') !== place.path.join('.')
      place = { role, path, revision }
      if (moved) anew()
      else seen()
    },
    node: (id) => (state.shows.nodes ? state.told?.nodes[id] : undefined),
    edge: (id) => (state.shows.edges ? state.told?.edges[id] : undefined),
    stop() {
      asked += 1
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', seen)
      listeners.clear()
    },
  }
}

/** The newest answer; what did not change keeps its identity. */
export function merged(before, after) {
  if (!before) return after
  const same = (one, other) => one && Object.keys(other).every((key) => one[key] === other[key])
  const kept = (old, now) => Object.fromEntries(Object.entries(now).map(([id, one]) => [id, same(old[id], one) ? old[id] : one]))
  return { ...after, nodes: kept(before.nodes, after.nodes), edges: kept(before.edges, after.edges) }
}

function remembered() {
  let kept = {}
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {}
  } catch {
    // nothing is remembered where a browser keeps nothing
  }
  return { nodes: Object.hasOwn(NODES, kept.nodes ?? '') ? kept.nodes ?? '' : '', edges: Object.hasOwn(EDGES, kept.edges ?? '') ? kept.edges ?? '' : '' }
}

function remember(shows) {
  try {
    localStorage.setItem(KEY, JSON.stringify(shows))
  } catch {
    // it holds until the page is closed
  }
}

/** The one of a canvas, which follows what is open. */
export function useMakeLive(store, { role, path, scene }) {
  const live = useMemo(() => createLive(store.base, store.project), [store])
  useEffect(() => live.stop, [live])
  const where = path.join('.')
  useEffect(() => live.look(role, path, scene?.revision), [live, role, where, scene?.revision])
  return live
}

const none = () => () => {}

/** What a node shows; undefined if nothing. */
export function useGlimpse(id) {
  const live = useContext(LiveContext)
  return useSyncExternalStore(live?.subscribe ?? none, useCallback(() => live?.node(id), [live, id]))
}

/** How strong the connections into a node are; undefined where that is not known. */
export function useStrength(id) {
  const live = useContext(LiveContext)
  return useSyncExternalStore(live?.subscribe ?? none, useCallback(() => live?.edge(id), [live, id]))
}
