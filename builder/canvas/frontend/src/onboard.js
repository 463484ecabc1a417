// What every action needs: the nodes of a board as they are now, and how some of them are shown.
import { size } from './board.js'

/** Tells the gestures of this page from those of another. */
export const session = Math.random().toString(36).slice(2, 8)

/** The nodes with all edits made so far. */
export const nodesOf = (board) => board.store.get().nodes

/** One of them; undefined if there is none of that id. */
export const found = (board, id) => nodesOf(board).find((node) => node.id === id)

/** What placing.js asks for. */
export function sceneOf(board) {
  const { nodes, scene } = board.store.get()
  return { nodes, kinds: board.kinds.kinds, blocks: scene?.blocks, places: board.places, size }
}

/** Nodes in a few words. */
export const count = (ids) => (ids.length === 1 ? ids[0] : `${ids.length} nodes`)

/** Select nodes and bring them into view, once they are drawn. */
export function show(board, ids, look = () => board.reveal(ids)) {
  board.select(ids)
  requestAnimationFrame(look)
}

/** Select nodes once the answer has brought them, and look at them. */
export function whenThere(board, ids, look = null) {
  const until = Date.now() + 10_000
  const arrived = () => {
    if (ids.some((id) => found(board, id))) {
      off()
      show(board, ids, look || undefined)
    } else if (Date.now() > until) off()
  }
  const off = board.store.subscribe(arrived)
  arrived()
}
