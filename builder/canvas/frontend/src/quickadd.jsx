// Adding a layer without leaving the keyboard: type a few letters, Enter.
import { useEffect, useMemo, useState } from 'react'
import { Icon } from './bar.jsx'
import { Chooser, leave, Panel } from './chooser.jsx'
import { choices, dimensions, found } from './finding.js'
import { behind, portsOf, specOf } from './placing.js'

/** What a choice is called where actions take a kind. */
export const wordFor = (choice) => (choice.config.block ? `${choice.kind}:${choice.config.block}` : choice.kind)

/** The layers with the shelf first on which a network begins, that of Input. */
export function begun(all) {
  const first = all.find((one) => one.kind === 'Input')?.shelf
  const own = (one) => one.shelf === first
  return [...all.filter(own).map((one) => ({ ...one, shelf: -1 })), ...all.filter((one) => !own(one))]
}

/** The list of layers, opened with `/`, a double click, or by dropping a connection on the canvas. */
export function QuickAdd({ board, actions, at, from: port }) {
  const { scene, nodes } = board.state
  const all = useMemo(() => meeting(board, choices(board.kinds, usable(scene)), port), [board.kinds, scene?.blocks, scene?.path])
  const whole = useMemo(() => begun(all), [all])
  const source = useMemo(() => sourceOf(board, port, at), [])
  const follow = useFollowers(board, source)
  const fits = all.length && follow ? [...follow, ...(follow.length ? ['Output'] : [])] : null
  const hints = { fits: port?.side === 'target' ? null : fits, dims: dimensions(nodes, source?.reference) }
  const pick = (choice) => {
    leave(board)
    if (port) actions.append(wordFor(choice), port, at)
    else actions.add(wordFor(choice), at)
  }
  return (
    <Panel board={board} title={titled(source, port)} className="quickadd" at={at}>
      <Chooser placeholder="Name of a layer, or what it does" pick={pick}
        find={(query) => found(query, query.trim() ? all : whole, hints).map((one) => ({ ...one, dim: !one.fits }))}
        draw={(choice) => <Layer choice={choice} />}
        empty={(query) => `No layer is called “${query}”. Try what it does, such as “image” or “skip”.`} />
    </Panel>
  )
}

/** The blocks that may stand here: not those that are open. */
export const usable = (scene) => (scene?.blocks ?? []).filter((block) => !scene.path.some((step) => step.block === block.name))

/** The choices that can be connected to a port {side}, where there is one: what stands behind it reads, what stands before it gives. */
function meeting(board, all, port) {
  if (!port) return all
  const scene = { kinds: board.kinds.kinds, blocks: board.state.scene?.blocks }
  const ends = (spec) => (port.side === 'target' ? spec.outputs : portsOf(spec))
  const ended = (choice) => port.side === 'target' && choice.kind === 'Output'
  return all.filter((choice) => !ended(choice) && ends(specOf(scene, choice)).length)
}

function titled(source, port) {
  if (port?.side === 'target') return `Add a layer before ${port.node}`
  return source ? `Add a layer behind ${source.node}` : 'Add a layer'
}

/** Where the new layer would read: {node, port, reference}; null where it stays alone. */
function sourceOf(board, port, at) {
  if (port?.side === 'target') return null
  if (port) return { ...port, reference: port.port ? `${port.node}.${port.port}` : port.node }
  const [reference] = at ? [] : behind(board.state.nodes, board.selected()).sources
  const [node, name = ''] = reference?.split('.') ?? []
  return reference ? { node, port: name, reference } : null
}

/** The kinds that take what flows there, usual ones first; null until the server has said. */
function useFollowers(board, source) {
  const [kinds, set] = useState(null)
  useEffect(() => {
    if (!source) return undefined
    const { base, project } = board.store
    const { role, path } = board.state
    const query = new URLSearchParams({ role, path: path.join('.'), node: source.node, port: source.port ?? '' })
    const stop = new AbortController()
    fetch(`${base}/api/projects/${encodeURIComponent(project)}/follow?${query}`, { signal: stop.signal })
      .then((answer) => (answer.ok ? answer.json() : { kinds: null }))
      .then((answer) => set(answer.kinds?.length ? answer.kinds : null))
      .catch(() => {}) // without an answer every layer is offered as any other
    return () => stop.abort()
  }, [])
  return kinds
}

/** A layer in a list: icon, name, one line of help. */
export function Layer({ choice }) {
  return (
    <>
      <span className="badge" style={{ '--own': choice.colour, '--own-dark': choice.dark }}><Icon name={choice.icon} /></span>
      <span className="name">{choice.title}</span>
      <span className="help" title={choice.help}>{choice.help}</span>
    </>
  )
}
