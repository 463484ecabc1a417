// Connections by mouse or finger: drawn from a port to a port, let go on the canvas, or taken off at their end.
import { outputs, ports, refusal } from './graph.js'
import { found } from './onboard.js'
import { place, pointOf, under } from './pointer.js'

/** Why this connection cannot be, in words; "" if it can. */
export function reason(board, { source, sourceHandle, target, targetHandle }) {
  return refusal(board.state.nodes, board.kinds.kinds, source, sourceHandle ?? '', target, targetHandle ?? '')
}

/** The id of the connection that is taken off by its end while it is dragged from the port it leads to; "" for none. */
export function held({ inProgress = true, fromHandle }) {
  return inProgress && fromHandle?.type === 'target' ? `${fromHandle.nodeId}.${fromHandle.id}` : ''
}

/** The connection that a drag from one port to another asks for; nothing where it stays as it is. */
export function meant(board, from, to) {
  const taken = to.type === 'target' && board.state.edges.find((edge) => edge.id === held({ fromHandle: from }))
  if (taken && taken.id === held({ fromHandle: to })) return undefined
  if (taken) return { source: taken.source, sourceHandle: taken.output, target: to.nodeId, targetHandle: to.id }
  const [one, other] = from.type === 'source' ? [from, to] : [to, from]
  return { source: one.nodeId, sourceHandle: one.id, target: other.nodeId, targetHandle: other.id }
}

/** The handlers of React Flow for connections. */
export function connecting(board, actions) {
  let done = false // React Flow tells the end of a drag after the connection that it made
  const make = ({ source, sourceHandle, target, targetHandle }) => {
    done = true
    actions.connect(source, sourceHandle ?? '', target, targetHandle ?? '')
  }
  return {
    isValidConnection: (wanted) => !reason(board, wanted),
    onConnect: make,
    onClickConnectEnd: (event, end) => end.isValid === false && refused(board, end),
    onConnectStart: () => (done = false),
    onConnectEnd(event, end) {
      if (done || end.isValid) return
      const taken = board.state.edges.find((edge) => edge.id === held(end))
      if (taken) takenOff(board, actions, pointOf(event), taken, end)
      else if (end.toHandle) refused(board, end)
      else loose(board, actions, pointOf(event), end)
    },
    onReconnectStart: () => (done = false),
    onReconnect(edge, wanted) {
      done = true
      const { source, sourceHandle, target: node, targetHandle: port } = wanted
      actions.reconnect({ node: edge.target, port: edge.targetHandle }, source, sourceHandle ?? '', node, port)
    },
    onReconnectEnd(event, edge, type, end) {
      if (done || type !== 'source' || end.isValid) return
      if (end.toHandle) refused(board, end)
      else actions.detach({ node: edge.target, port: edge.targetHandle })
    },
  }
}

function refused(board, { fromHandle, toHandle }) {
  const wanted = meant(board, fromHandle, toHandle)
  const words = wanted && reason(board, wanted)
  if (words) board.tell(words, 'refused')
}

/** A connection let go beside every port: over a node it goes to a port of it, on the canvas it asks what may stand there. */
function loose(board, actions, point, { fromHandle }) {
  const { nodeId: node, id: port, type } = fromHandle
  const over = under(board, point, '[data-node]')?.dataset.node
  if (over && over !== node) {
    if (type === 'source') join(board, actions, node, port, over)
    else actions.connect(over, outputs(found(board, over), board.kinds)[0]?.name ?? '', node, port)
  } else if (!over && under(board, point, '.react-flow__pane')) {
    board.ui.open('quickadd', { at: place(board, point), from: { node, port: port ?? '', side: type } })
  }
}

/** A connection taken off the port that it led to: it goes to another one, or away. */
function takenOff(board, actions, point, edge, { toHandle }) {
  const to = toHandle ?? { nodeId: under(board, point, '[data-node]')?.dataset.node }
  if (to.nodeId === edge.node && (!to.id || to.id === edge.port)) return
  if (toHandle?.type === 'source') refused(board, { fromHandle: { type: 'target', nodeId: edge.node, id: edge.port }, toHandle })
  else if (to.nodeId) actions.reconnect(edge, edge.source, edge.output, to.nodeId, to.id ?? freePort(board, to.nodeId))
  else if (under(board, point, '.react-flow__pane')) actions.detach(edge)
}

/** The name of the first port of a node that nothing leads to, else of its first one; none if it has none. */
function freePort(board, id) {
  const node = found(board, id)
  const all = ports(node, board.kinds.kinds).map((one) => one.name)
  return all.find((name) => !node.inputs[name]) ?? all[0]
}

function join(board, actions, source, output, id) {
  const free = freePort(board, id)
  if (free) actions.connect(source, output, id, free)
  else board.tell(`${id} has no input.`, 'refused')
}
