// Thousands of connections seen from so far away that each is a thread: one line for all of them, in place of one each.
import { useMemo } from 'react'
import { useStore, ViewportPortal } from '@xyflow/react'
import { threads } from './route.js'
import { FARTHEST } from './size.js'

const MANY = 500 // connections; fewer are drawn one by one

/** Whether the connections are drawn as threads. */
export function useThreads(edges) {
  const farthest = useStore(({ transform }) => transform[2] < FARTHEST)
  return farthest && edges.length > MANY
}

/** All connections between nodes, behind them. */
export function Threads({ nodes, edges }) {
  const path = useMemo(() => threads(nodes, edges), [nodes, edges])
  return (
    <ViewportPortal>
      <svg className="board-threads" aria-hidden="true"><path d={path} /></svg>
    </ViewportPortal>
  )
}
