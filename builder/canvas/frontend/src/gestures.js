// What the mouse or a finger does on the board: drop a layer, move nodes, drop them on a connection; cabling.js connects.
import { useMemo, useState } from 'react'
import { connecting } from './cabling.js'
import { edgeUnder, place, pointOf } from './pointer.js'

export const KIND = 'application/x-strata-kind'

/** The handlers of React Flow and of the stage, and the connection that a drop would hit ("" for none). */
export function useGestures(board, actions) {
  const [aimed, aim] = useState('')
  const handlers = useMemo(
    () => ({ ...connecting(board, actions), ...dropping(board, actions, aim), ...moving(board, actions, aim) }),
    [board, actions],
  )
  return [handlers, aimed]
}

function dropping(board, actions, aim) {
  const ours = (event) => event.dataTransfer.types.includes(KIND)
  return {
    onDragOver(event) {
      if (!ours(event)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
      aim(edgeUnder(board, pointOf(event)))
    },
    onDragLeave: () => aim(''),
    onDrop(event) {
      const kind = ours(event) && event.dataTransfer.getData(KIND)
      if (!kind) return
      event.preventDefault()
      aim('')
      board.stage.focus({ preventScroll: true })
      const point = pointOf(event)
      const edge = board.state.edges.find((one) => one.id === edgeUnder(board, point))
      if (edge) actions.insert(kind, edge, place(board, point))
      else actions.add(kind, place(board, point))
    },
  }
}

function moving(board, actions, aim) {
  const loose = (one) => {
    const { node } = one.data
    return !Object.keys(node.inputs).length && !board.state.edges.some((edge) => edge.source === node.id)
  }
  const target = (event, node, nodes) => (nodes.length === 1 && loose(node) ? edgeUnder(board, pointOf(event)) : '')
  return {
    onMoveStart: () => board.stage.classList.add('panned'), // drawn once, then only shifted
    onMoveEnd: () => board.stage.classList.remove('panned'),
    onNodeDragStart: () => board.stage.classList.add('panned'),
    onNodeDrag: (event, node, nodes) => aim(target(event, node, nodes)),
    onNodeDragStop(event, node, nodes) {
      aim('')
      board.stage.classList.remove('panned')
      const positions = Object.fromEntries(nodes.map((one) => [one.id, [one.position.x, one.position.y]]))
      const edge = board.state.edges.find((one) => one.id === target(event, node, nodes))
      if (edge) actions.thread(node.id, edge, positions[node.id])
      else board.do({ edit: 'move', positions })
    },
    /** A click without a drag leaves one of several selected nodes selected alone. */
    onNodeClick(event, { id }) {
      if (!event.shiftKey && !event.ctrlKey && !event.metaKey && board.selected().length > 1) board.select([id])
    },
    onNodeDoubleClick(event, { id, data }) {
      if (data.node.kind === 'Block' && !event.target.closest('input, select, button, .nodrag')) actions.enter(id)
    },
    onSelectionDragStop(event, nodes) {
      board.do({ edit: 'move', positions: Object.fromEntries(nodes.map((one) => [one.id, [one.position.x, one.position.y]])) })
    },
  }
}
