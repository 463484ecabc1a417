// Every shortcut stands in this one table; the handler and the sheet behind `?` are made from it.
import { useEffect } from 'react'
import { flushSync } from 'react-dom'
import { HEATS } from './board.js'
import { EDGES, SHOWS } from './glow.js'

const one = (board) => board.selected().at(-1)
const STEP = 10
const FAR = 50
const ARROWS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }
const arrow = (way) => `Arrow${way[0].toUpperCase()}${way.slice(1)}`
const arrows = (row) => Object.keys(ARROWS).map((way) => ({ ...row(way), keys: [row(way).keys] }))

/** The shortcuts: keys that do the same, words for the sheet ("" where a row above tells it), a group, what happens. */
export const SHORTCUTS = [
  { group: 'Build', keys: ['/'], words: 'Add a layer', run: (board) => board.ui.open('quickadd') },
  { group: 'Build', keys: ['Enter'], words: 'Edit the first field of the node; Tab leads to the next', run: edit },
  { group: 'Build', keys: ['Delete', 'Backspace'], words: 'Remove; a node in a chain leaves the chain connected', run: remove() },
  { group: 'Build', keys: ['Shift+Delete', 'Shift+Backspace'], words: 'Remove and leave a gap', run: remove(false) },
  { group: 'Build', keys: ['Ctrl+Backspace', 'Ctrl+Delete'], words: 'Remove and connect the neighbours', run: remove(true) },
  { group: 'Build', keys: ['Ctrl+D'], words: 'Duplicate', run: (board, actions) => actions.duplicate(board.selected()) },
  { group: 'Build', keys: ['Ctrl+Z'], words: 'Undo', run: (board, actions) => actions.undo() },
  { group: 'Build', keys: ['Ctrl+Y', 'Ctrl+Shift+Z'], words: 'Redo', run: (board, actions) => actions.redo() },
  { group: 'Build', keys: ['Ctrl+C'], words: 'Copy, as text', run: () => false }, // these three come as clipboard events
  { group: 'Build', keys: ['Ctrl+X'], words: 'Cut', run: () => false },
  { group: 'Build', keys: ['Ctrl+V'], words: 'Paste, also from another project', run: () => false },
  { group: 'Connect', keys: ['C'], words: 'Connect the node: choose a port from a list', run: list('connect') },
  { group: 'Connect', keys: ['X'], words: 'Cut a connection of the node', run: list('cut') },
  { group: 'Connect', keys: ['M'], words: 'Mend: what is wrong, and fixes that work', run: mend },
  { group: 'Select', keys: ['Arrow keys'], words: 'Go to the neighbour in that direction', run: () => false },
  ...arrows((way) => ({ group: 'Select', keys: arrow(way), words: '', run: (board, actions) => actions.neighbour(way) })),
  { group: 'Select', keys: ['Ctrl+A'], words: 'Select all', run: (board, actions) => actions.selectAll() },
  { group: 'Select', keys: ['Escape'], words: 'Close what is open or told, leave a block, or select nothing', run: escape },
  { group: 'Blocks', keys: ['Ctrl+G'], words: 'Make a block of the selected nodes', run: (board, actions) => actions.makeBlock(board.selected()) },
  { group: 'Blocks', keys: ['O'], words: 'Open the block', run: (board, actions) => actions.enter(one(board)) },
  { group: 'Blocks', keys: ['Ctrl+Shift+G'], words: 'Unpack the block', run: (board, actions) => actions.unpack(one(board)) },
  { group: 'Arrange', keys: ['Alt+Arrow keys'], words: 'Move by the grid; with Shift five times as far', run: () => false },
  ...arrows((way) => ({ group: 'Arrange', keys: `Alt+${arrow(way)}`, words: '', run: move(way, STEP) })),
  ...arrows((way) => ({ group: 'Arrange', keys: `Alt+Shift+${arrow(way)}`, words: '', run: move(way, FAR) })),
  { group: 'Arrange', keys: ['L'], words: 'Lay out the selected nodes, or all', run: layout },
  { group: 'Arrange', keys: ['Shift+Arrow keys'], words: 'Line up the selected nodes on that side', run: () => false },
  ...Object.entries({ left: 'left', right: 'right', up: 'top', down: 'bottom' }).map(([way, side]) => ({
    group: 'Arrange', keys: [`Shift+${arrow(way)}`], words: '', run: (board, actions) => actions.align(side),
  })),
  { group: 'Arrange', keys: ['Shift+H'], words: 'Space them evenly across', run: (board, actions) => actions.align('across') },
  { group: 'Arrange', keys: ['Shift+V'], words: 'Space them evenly down', run: (board, actions) => actions.align('down') },
  { group: 'Look', keys: ['F'], words: 'Show everything', run: (board) => board.fit() },
  { group: 'Look', keys: ['+', '='], words: 'Closer', run: (board) => board.flow.zoomIn() },
  { group: 'Look', keys: ['-'], words: 'Further away', run: (board) => board.flow.zoomOut() },
  { group: 'Look', keys: ['H'], words: 'Heat map: parameters, multiply–adds, memory, off', run: heat },
  { group: 'Look', keys: ['V'], words: 'What the run shows on nodes: nothing, values, distributions', run: glow('show', SHOWS) },
  { group: 'Look', keys: ['W'], words: 'Connections as wide as their data, their weights, their gradients', run: glow('edges', EDGES) },
  { group: 'Look', keys: ['?'], words: 'This sheet', run: (board) => board.ui.open('help') },
]
const RUNS = new Map(SHORTCUTS.flatMap((row) => row.keys.map((keys) => [keys, row.run])))

function remove(bridge) {
  return (board, actions) => {
    const ids = board.selected()
    if (ids.length) actions.remove(ids, bridge)
    else actions.cut(...board.cables())
  }
}

function list(name) {
  return (board) => {
    if (one(board)) board.ui.open(name, { node: one(board) })
    else board.tell('Select a node first; the arrow keys do.', 'note')
  }
}

function move(way, far) {
  return (board, actions) => actions.moveBy(ARROWS[way][0] * far, ARROWS[way][1] * far)
}

function mend(board) {
  const faulty = (id) => board.state.nodes.find((node) => node.id === id)?.about.problems.length
  const id = board.selected().find(faulty)
  board.ui.open('fixes', id ? { node: id } : {})
}

function layout(board) {
  const ids = board.selected()
  board.layout(ids.length > 1 ? ids : undefined)
}

function heat(board) {
  const next = HEATS[(HEATS.indexOf(board.heat ?? '') + 1) % HEATS.length]
  board.setHeat(next)
}

function glow(what, all) {
  return (board) => {
    const before = board.glow.get()[what]
    board.glow.choose({ [what]: all[(all.indexOf(before) + 1) % all.length] })
    if (what === 'show' && !before) board.fit()
  }
}

function escape(board, actions) {
  board.stage.focus({ preventScroll: true })
  const toast = board.stage.closest('.board').querySelector('[data-toast] button')
  if (board.ui.name) board.ui.close()
  else if (toast) toast.click()
  else if (!actions.leave()) board.select([])
}

/** The first field of the selected node, ready to be typed into; a node that has just been added has its fields soon. */
function edit(board) {
  const id = one(board)
  if (!id) return false
  const until = Date.now() + 2000
  const find = () => {
    if (board.ui.name) return // something else was opened meanwhile, and has the keys
    const field = board.stage.querySelector(`[data-node="${CSS.escape(id)}"] [data-field]`)
    if (field) field.focus()
    else if (Date.now() < until && (board.store.get().pending || Date.now() < until - 1500)) requestAnimationFrame(find)
  }
  board.centre(id)
  find()
  return undefined
}

/** The keys of an event as the table writes them: "Ctrl+Shift+Z", "Alt+ArrowLeft", "?". */
export function written(event) {
  let { key } = event
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]
  if (key.length === 1 && key > '~' && letter) key = letter // another alphabet: the key in that place
  const typed = key.length === 1 && !/[a-z]/i.test(key)
  const altGraph = event.getModifierState?.('AltGraph')
  const held = [
    (event.ctrlKey || event.metaKey) && !altGraph && 'Ctrl', event.altKey && !altGraph && 'Alt', event.shiftKey && !typed && 'Shift',
  ]
  return [...held.filter(Boolean), key.length === 1 ? key.toUpperCase() : key].join('+')
}

const TYPING = 'input, textarea, select, [contenteditable]:not([contenteditable=false])'
const PRESSED = 'button, a[href], summary, [role=button], [role=tab], [role=option], [role=spinbutton], [role=switch], [role=menuitem]'

function answers(event, board, actions) {
  const target = event.composedPath()[0]
  if (event.defaultPrevented || event.isComposing || target.matches?.(TYPING)) return
  const keys = written(event)
  if ((keys === 'Enter' || keys === ' ') && target.closest(PRESSED)) return
  if (target.closest('[data-panel]')) return // it answers itself
  const run = RUNS.get(keys)
  if (!run || (!board.kinds && keys === '/')) return
  const focused = target.closest('[data-node], .react-flow__node')
  const id = focused?.dataset.node ?? focused?.dataset.id
  // Drawn before the next key comes: in a shadow tree React takes our events for background work.
  if (id && !board.selected().length) flushSync(() => board.select([id]))
  if (flushSync(() => run(board, actions)) === false) return
  event.preventDefault()
  event.stopPropagation()
}

/** Copy, cut and paste. They come to the document, not to us, where no text is selected. */
function clipboard(event, board, actions, place) {
  const focus = place.getRootNode().activeElement
  const ours = focus && place.contains(focus) ? !focus.matches(TYPING) && !focus.closest('[data-panel]') : idle(place) && getSelection().isCollapsed
  if (!ours) return
  if (event.type === 'paste') {
    const text = event.clipboardData.getData('text/plain')
    if (text) actions.paste(text)
  } else {
    const ids = board.selected()
    if (!ids.length) return
    event.clipboardData.setData('text/plain', actions.copy(ids))
    if (event.type === 'cut') actions.remove(ids, false)
  }
  event.preventDefault()
  event.stopImmediatePropagation()
}

const OVER = '[role=dialog], [role=menu], [role=listbox], [data-testid=stPopoverBody]'

/** Whether nothing on the page has the focus, as after a click on a button that is gone, and nothing lies over the board. */
function idle(place) {
  const focus = document.activeElement
  if (focus && focus !== document.body && !focus.matches('[data-testid=stMain]')) return false
  const { top, bottom } = place.getBoundingClientRect()
  return bottom > 0 && top < innerHeight && !document.querySelector(OVER)
}

/** Answers to keys and to the clipboard while something inside this place has the focus, or nothing has. */
export function useKeys(board, actions, ref) {
  useEffect(() => {
    const place = ref.current
    if (!place) return undefined
    const onKey = (event) => answers(event, board, actions)
    const onAny = (event) => !event.composedPath().includes(place) && idle(place) && answers(event, board, actions)
    const onClip = (event) => clipboard(event, board, actions, place)
    place.addEventListener('keydown', onKey)
    window.addEventListener('keydown', onAny, true) // before Streamlit, which has shortcuts of its own
    for (const kind of ['copy', 'cut', 'paste']) document.addEventListener(kind, onClip, true)
    return () => {
      place.removeEventListener('keydown', onKey)
      window.removeEventListener('keydown', onAny, true)
      for (const kind of ['copy', 'cut', 'paste']) document.removeEventListener(kind, onClip, true)
    }
  }, [board, actions, ref])
}
