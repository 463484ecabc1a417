// What the board says in its own space: why a connection is refused, what can be done with the selection, and what is amiss.
import { useEffect } from 'react'
import { useConnection, useViewport } from '@xyflow/react'
import { Icon } from './bar.jsx'
import { meant, reason } from './cabling.js'

/** Beside the pointer, while a connection is drawn: why it cannot end here. */
export function Hint({ board }) {
  const aim = useConnection(({ inProgress, isValid, fromHandle, toHandle, to }) =>
    inProgress && isValid === false && toHandle ? { fromHandle, toHandle, to } : null, sameAim)
  return aim && <Reason board={board} {...aim} />
}

const sameAim = (one, other) => one === other || (one?.toHandle === other?.toHandle && Boolean(one) === Boolean(other))

function Reason({ board, fromHandle, toHandle, to }) {
  const { x, y, zoom } = useViewport()
  const wanted = meant(board, fromHandle, toHandle)
  const words = wanted && reason(board, wanted)
  if (!words) return null
  const left = to.x * zoom + x
  const side = left > board.stage.clientWidth / 2 ? ' left' : ''
  return (
    <div className={`board-hint${side}`} role="status" style={{ left, top: to.y * zoom + y }}>
      <Icon name="block" /> {words}
    </div>
  )
}

/** What can be done with what is selected, for those without a keyboard at hand. */
export function Chosen({ board, actions, ids, cables }) {
  if (!ids.length && !cables.length) return null
  const node = ids.length === 1 && board.state.nodes.find((one) => one.id === ids[0])
  return (
    <div className="board-chosen" role="toolbar" aria-label="Selection" onClick={() => board.stage.focus({ preventScroll: true })}>
      <b>{counted(ids, cables)}</b>
      {ids.length > 1 && <Do icon="align_vertical_top" words="Align in a row" run={() => actions.align('top')} />}
      {ids.length > 1 && <Do icon="align_horizontal_left" words="Align in a column" run={() => actions.align('left')} />}
      {ids.length > 2 && <Do icon="horizontal_distribute" words="Same gaps" run={() => actions.align('across')} />}
      {ids.length > 0 && <Do icon="content_copy" words="Duplicate (Ctrl+D)" run={() => actions.duplicate(ids)} />}
      {ids.length > 1 && <Do icon="view_module" words="Make a block (Ctrl+G)" run={() => board.ui.open('block', { ids })} />}
      {node?.kind === 'Block' && <Do icon="open_in_full" words="Open the block (O)" run={() => actions.enter(node.id)} />}
      {node?.kind === 'Block' && <Do icon="unarchive" words="Unpack the block (Ctrl+Shift+G)" run={() => actions.unpack(node.id)} />}
      <Do icon="delete" words="Remove (Delete)" run={() => remove(board, actions, ids, cables)} />
    </div>
  )
}

const Do = ({ icon, words, run }) => (
  <button className="board-tool" title={words} aria-label={words} onClick={run}>
    <Icon name={icon} />
  </button>
)

function counted(ids, cables) {
  if (ids.length) return ids.length === 1 ? ids[0] : `${ids.length} nodes`
  return cables.length === 1 ? 'Connection' : `${cables.length} connections`
}

function remove(board, actions, ids, cables) {
  const edges = board.state.edges.filter((edge) => cables.includes(edge.id) && !ids.includes(edge.node) && !ids.includes(edge.source))
  if (edges.length) actions.cut(...edges)
  if (ids.length) actions.remove(ids)
}

/** What lies over an empty or broken board: the first step, or what has happened. */
export function Covers({ board, actions, state }) {
  if (state.status === 'gone') return <Gone />
  if (!state.scene || !board.kinds) return <Opening offline={state.status === 'offline'} />
  return (
    <>
      {state.status === 'offline' && <Offline pending={state.pending} />}
      {!state.nodes.length && <Empty board={board} actions={actions} />}
    </>
  )
}

const Opening = ({ offline }) => (
  <div className="board-cover">
    {offline ? <Icon name="cloud_off" /> : <i className="board-spin" />}
    <p>{offline ? 'The server does not answer. Trying again …' : 'Opening …'}</p>
  </div>
)

const Gone = () => (
  <div className="board-cover solid" role="alert">
    <Icon name="folder_off" />
    <h3>This project is not there any more</h3>
    <p>It was deleted or moved meanwhile. Your projects, deleted ones too, are on the start page.</p>
    <a className="board-button" href="." target="_self">Go to your projects</a>
  </div>
)

function Offline({ pending }) {
  useEffect(silenced, [])
  const what = pending > 1 ? `your ${pending} changes are` : pending ? 'your change is' : 'what you change is'
  return (
    <div className="board-offline" role="alert">
      <Icon name="cloud_off" />
      <span>No connection to the server. Go on building: {what} kept in this browser and sent as soon as it answers.</span>
    </div>
  )
}

/** Streamlit tells of the same in a dialog over the board: closed as often as it comes. */
function silenced() {
  const close = () => {
    for (const dialog of document.querySelectorAll('[role=dialog]')) {
      if (dialog.querySelector('h2')?.textContent === 'Connection error') dialog.querySelector('button[aria-label=Close]')?.click()
    }
  }
  const watch = new MutationObserver(close)
  watch.observe(document.body, { childList: true, subtree: true })
  close()
  return () => watch.disconnect()
}

const Empty = ({ board, actions }) => (
  <div className="board-cover through">
    <div className="board-sketch" aria-hidden="true"><i /><i /><i /></div>
    <h3>Start your network here</h3>
    <p>{board.narrow ? 'Every network begins with its data.' : <>Drag a layer onto the canvas, or press <kbd>/</kbd> to find one.</>}</p>
    <div>
      <button className="board-button primary" onClick={() => actions.add('Input')}><Icon name="input" /> Add an Input</button>
      <button className="board-button" onClick={() => board.ui.open('quickadd', {})}><Icon name="search" /> Find a layer</button>
    </div>
  </div>
)
