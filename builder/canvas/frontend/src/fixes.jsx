// What is wrong, in words, and the fixes that work: one click, one edit.
import { useEffect, useLayoutEffect, useRef } from 'react'
import { Icon } from './bar.jsx'
import { leave, Panel } from './chooser.jsx'
import { ports } from './graph.js'

/** The problems of a node, or of the whole network, with a button for each fix. */
export function Fixes({ board, actions, node: id }) {
  const groups = problems(board.state, id)
  const count = groups.reduce((sum, group) => sum + group.list.length, 0)
  const found = useRef(false)
  useEffect(() => {
    if (count) found.current = true
    else if (!board.state.pending) {
      leave(board)
      board.tell(found.current ? (id ? `${id} is mended.` : 'All mended.') : 'Nothing is wrong here.', 'done')
    }
  }, [count, board.state.pending])
  if (!count) return null
  const serious = groups.some((group) => group.list.some((problem) => problem.severity !== 'warning'))
  const title = id ? (serious ? `${id} needs mending` : `A word on ${id}`) : count === 1 ? 'One problem' : `${count} problems`
  return (
    <Panel board={board} title={title} className="fixes">
      <Groups board={board} actions={actions} groups={groups} alone={Boolean(id)} />
    </Panel>
  )
}

function problems({ nodes, scene }, id) {
  const of = nodes.filter((node) => node.about.problems.length && (!id || node.id === id))
  const groups = of.map((node) => ({ node, list: node.about.problems }))
  const rest = id ? [] : (scene?.problems ?? [])
  return rest.length ? [{ node: null, list: rest }, ...groups] : groups
}

function Groups({ board, actions, groups, alone }) {
  const body = useRef(null)
  useLayoutEffect(() => {
    const first = body.current.querySelector('button.fix') ?? body.current
    first.focus({ preventScroll: true })
  }, [groups.length, groups[0]?.list[0]?.message])
  const step = (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (!by) return
    const all = [...body.current.querySelectorAll('button')]
    const at = all.indexOf(event.target)
    all[(at + by + all.length) % all.length]?.focus()
    event.preventDefault()
  }
  return (
    <div ref={body} className="problems" tabIndex={-1} onKeyDown={step}>
      {groups.map(({ node, list }) => (
        <section key={node?.id ?? ''}>
          {alone ? null : <Whose board={board} node={node} />}
          {list.map((problem, place) => (
            <Problem key={`${place} ${problem.message}`} problem={problem} board={board} actions={actions} node={node} />
          ))}
        </section>
      ))}
    </div>
  )
}

function Whose({ board, node }) {
  if (!node) return <h3>The network</h3>
  const show = () => {
    board.select([node.id])
    board.centre(node.id)
  }
  return (
    <h3>
      <button type="button" className="plain" title="Show it" onClick={show}>{node.id} <small>{node.kind}</small></button>
    </h3>
  )
}

function Problem({ problem, board, actions, node }) {
  const serious = problem.severity !== 'warning'
  const loose = node && !problem.fixes?.length && isLoose(board, node)
  return (
    <div className={`problem ${serious ? 'error' : 'warning'}`}>
      <p><Icon name={serious ? 'error' : 'warning'} /><span>{problem.message}</span></p>
      <div className="buttons">
        {problem.fixes?.map((fix) => (
          <button key={fix.words} type="button" className="fix" onClick={() => actions.apply(fix)}>
            <Icon name="build" />{sentence(fix.words)}
          </button>
        ))}
        {loose ? (
          <button type="button" className="fix" onClick={() => board.ui.open('connect', { node: node.id })}>
            <Icon name="conversion_path" />Connect {node.id} …
          </button>
        ) : null}
      </div>
    </div>
  )
}

/** Whether a node lacks an input, or nothing reads it. */
function isLoose({ state, kinds }, node) {
  const waits = ports(node, kinds.kinds).some((port) => port.required && !node.inputs[port.name])
  return waits || (node.kind !== 'Output' && !state.edges.some((edge) => edge.source === node.id))
}

const sentence = (words) => words[0].toUpperCase() + words.slice(1)
