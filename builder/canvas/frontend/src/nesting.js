// Blocks: made of nodes, opened, left, and unpacked.
import { fresh } from './graph.js'
import { arrange } from './layout.js'
import { count, found, nodesOf, sceneOf, session, show, whenThere } from './onboard.js'
import { boxes, unfolded } from './placing.js'

/** The actions that concern blocks. */
export function blocks(board, quietly) {
  const open = (path) => {
    board.store.open({ role: board.state.role, path })
    quietly(path.length ? `Inside ${path.join(', ')}.` : 'The whole network.')
  }
  return {
    /** Ask for the name of a block of these nodes. */
    makeBlock(ids) {
      if (ids.length) board.ui.open('block', { ids })
      else board.tell('Select the nodes that become the block first.', 'note')
    },
    /** Make the nodes a block of that name; promises why it cannot be, or "". */
    async nameBlock(ids, name) {
      const expected = [fresh(nodesOf(board), name), name].filter((id) => !found(board, id))
      const why = await board.ask({ edit: 'make_block', ids, name })
      if (why) return why
      whenThere(board, expected)
      quietly(`Block ${name} made of ${count(ids)}.`)
      return ''
    },
    /** Put the nodes of a block in its place. */
    unpack(id) {
      if (!found(board, id)?.about.block) return board.tell('Select a block to unpack it.', 'note')
      unpack(board, id)
      return quietly(`${id} unpacked.`)
    },
    /** Look inside a block. */
    enter(id) {
      if (found(board, id)?.about.block) open([...board.state.path, id])
      else board.tell('Only a block can be opened. Select one first.', 'note')
    },
    /** Go back out, one step or to a depth; tells whether there was a way out. */
    leave(depth = board.state.path.length - 1) {
      if (!board.state.path.length) return false
      const inner = board.state.path[Math.max(depth, 0)]
      open(board.state.path.slice(0, Math.max(depth, 0)))
      whenThere(board, [inner])
      return true
    },
  }
}

let unpacked = 0

/** Unpack a block, and make room for its nodes. */
function unpack(board, id) {
  const known = new Set(nodesOf(board).map((node) => node.id))
  const before = boxes(sceneOf(board))
  const laid = nodesOf(board).some((node) => node.position) // else all are laid out anew
  const { repeat } = found(board, id).about
  const gesture = `unpack ${session} ${(unpacked += 1)}`
  board.do({ edit: 'unpack', node: id, gesture })
  const arrived = () => {
    if (found(board, id)) return board.store.get().pending || off() // not yet, or refused
    off()
    const inner = nodesOf(board).filter((node) => !known.has(node.id))
    const positions = laid ? inPlace(board, before, id, inner, repeat === 1) : outline(board, nodesOf(board))
    board.store.do({ edit: 'move', positions: Object.fromEntries(positions), gesture })
    return show(board, inner.map((node) => node.id))
  }
  const off = board.store.subscribe(() => queueMicrotask(arrived))
}

const outline = (board, nodes) => arrange(nodes, board.store.get().edges, sceneOf(board).size)

/** Where the nodes go that were in a block: as they lay there if they lay somewhere and are wanted so. */
function inPlace(board, before, id, inner, asTheyLay) {
  const { size } = sceneOf(board)
  const placed = asTheyLay && inner.every((node) => node.position)
  const at = placed ? fromCorner(inner) : outline(board, inner)
  return unfolded(before, id, inner.map((node) => ({ id: node.id, at: at.get(node.id), ...size(node) })))
}

/** The places of nodes from the left upper corner of them all. */
function fromCorner(nodes) {
  const [left, top] = [0, 1].map((axis) => Math.min(...nodes.map((node) => node.position[axis])))
  return new Map(nodes.map(({ id, position: [x, y] }) => [id, [x - left, y - top]]))
}
