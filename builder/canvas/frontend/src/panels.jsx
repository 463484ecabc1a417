// Whichever panel is open over the board.
import { useEffect, useRef } from 'react'
import { NameBlock } from './blocks.jsx'
import { learn } from './clipboard.js'
import { Connect, Cut } from './connect.jsx'
import { Fixes } from './fixes.jsx'
import { Help } from './help.jsx'
import { QuickAdd } from './quickadd.jsx'
import './panels.css'

const PANELS = { quickadd: QuickAdd, connect: Connect, cut: Cut, fixes: Fixes, block: NameBlock, help: Help }

/** The open panel, anew for each opening. */
export function Panels({ board, actions }) {
  const { name, props } = board.ui
  const opened = useRef([null, 0])
  if (opened.current[0] !== props) opened.current = [props, opened.current[1] + 1]
  useDefinitions(board)
  useFaults(board)
  const Open = Object.hasOwn(PANELS, name) ? PANELS[name] : null
  return Open && board.kinds ? <Open key={`${name} ${opened.current[1]}`} board={board} actions={actions} {...props} /> : null
}

/** Blocks that are selected can be copied: their definitions are at hand. */
function useDefinitions(board) {
  const chosen = board.selected().join(' ')
  const revision = board.state.scene?.revision
  useEffect(() => {
    const ids = new Set(chosen.split(' '))
    const blocks = board.state.nodes.filter((node) => ids.has(node.id) && node.about.block)
    if (blocks.length && !board.state.pending) learn(board, blocks)
  }, [chosen, revision])
}

/** How many problems there are, and the first of them; "" while nobody knows. */
function faults({ scene, nodes }) {
  if (!scene?.totals) return ''
  const { errors } = scene.totals
  const first = nodes.flatMap((node) => node.about.problems)[0] ?? scene.problems[0]
  return errors ? `${errors === 1 ? 'One problem' : `${errors} problems`}. ${first?.message ?? ''}` : 'No problems.'
}

/** Tells those who do not see the badges when something became wrong, wrong in another way, or all right. */
function useFaults(board) {
  const words = faults(board.state)
  const last = useRef(words)
  useEffect(() => {
    if (!words || words === last.current) return
    if (last.current) board.tell(words, 'quiet')
    last.current = words
  }, [words])
}
