// The sheet of shortcuts, made from their one table.
import { useLayoutEffect, useRef } from 'react'
import { Panel } from './chooser.jsx'
import { SHORTCUTS } from './keys.js'

const MAC = /Mac|iPhone|iPad/.test(navigator.platform)
const SAID = { Escape: 'Esc', Ctrl: MAC ? '⌘' : 'Ctrl', Alt: MAC ? '⌥' : 'Alt' }
const MOUSE = [
  ['Double-click the canvas', 'Add a layer there'],
  ['Drag a layer onto a connection', 'Insert it there'],
  ['Drag from a port to empty canvas', 'Choose what follows'],
  ['Shift+drag', 'Select with a box'],
  ['Drag a number on a node sideways', 'Change it'],
]

/** Every shortcut by group. */
export function Help({ board }) {
  const body = useRef(null)
  useLayoutEffect(() => body.current.focus({ preventScroll: true }), [])
  const groups = new Map()
  for (const row of SHORTCUTS) if (row.words) groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  return (
    <Panel board={board} title="Keys" className="keys" modal>
      <div ref={body} className="sheet" tabIndex={-1}>
        {[...groups].map(([group, rows]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {rows.map((row) => (
                <div key={row.words}>
                  <dt><Keys keys={row.keys[0]} /></dt>
                  <dd>{row.words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>Mouse</h3>
          <dl>{MOUSE.map(([what, words]) => <div key={what}><dt className="said">{what}</dt><dd>{words}</dd></div>)}</dl>
        </section>
      </div>
    </Panel>
  )
}

function Keys({ keys }) {
  const parts = keys === '+' ? ['+'] : keys.split('+')
  return <span className="combo">{parts.map((part) => <kbd key={part}>{SAID[part] ?? part}</kbd>)}</span>
}
