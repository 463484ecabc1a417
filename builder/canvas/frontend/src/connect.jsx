// Connecting and cutting from the keyboard: a list of ports instead of a drag.
import { useMemo } from 'react'
import { Icon } from './bar.jsx'
import { Chooser, leave, Panel } from './chooser.jsx'
import { head, outputs as outputsOf, ports, refusal } from './graph.js'

const NONE = '' // the name of a node's first output, as connections write it
const outputs = (node, kinds) => outputsOf(node, kinds).map((one, place) => ({ name: one.name, port: place ? one.name : NONE }))
const whole = (id, port) => (port ? `${id}.${port}` : id)

/** The list of ports that a node may lead to, and of what may lead to it. */
export function Connect({ board, actions, node: id }) {
  const { nodes } = board.state
  const all = useMemo(() => pairs(nodes, board.kinds.kinds, id), [nodes, board.kinds, id])
  const pick = (one) => {
    leave(board)
    actions.connect(one.source, one.output, one.node, one.port)
  }
  return (
    <Panel board={board} title={`Connect ${id}`} className="connect">
      <Chooser placeholder="Name of a node" pick={pick} find={(query) => matching(all, query, id)} draw={(one) => <Pair one={one} own={id} />}
        empty={(query) => (query ? `Nothing here is called “${query}”.` : 'There is no other node that it could be connected to.')} />
    </Panel>
  )
}

/** The list of a node's connections, to cut one. */
export function Cut({ board, actions, node: id }) {
  const { edges } = board.state
  const all = edges.filter((edge) => edge.source === id || edge.node === id).map((edge) => ({ ...edge, key: edge.id, why: '' }))
  const pick = (one) => {
    leave(board)
    actions.cut(one)
  }
  return (
    <Panel board={board} title={`Cut a connection of ${id}`} className="connect">
      <Chooser placeholder="Name of a node" pick={pick} find={(query) => matching(all, query, id)} draw={(one) => <Pair one={one} own={id} />}
        empty={(query) => (query ? `No connection with “${query}”.` : 'It has no connection.')} />
    </Panel>
  )
}

/** Those whose other end is what somebody types: a node, its kind, a port. */
function matching(all, query, own) {
  const typed = query.toLowerCase().split(/[\s.]+/).filter(Boolean)
  const text = (one) => (one.source === own ? `${one.node} ${one.port} ${one.said ?? ''}` : `${one.source} ${one.said ?? one.output}`)
  const words = (one) => `${text(one)} ${one.kind ?? ''}`.toLowerCase().split(' ')
  const starts = (one, word) => words(one).some((other) => other.startsWith(word))
  const inside = (one, word) => words(one).some((other) => other.includes(word))
  const hits = all.filter((one) => typed.every((word) => inside(one, word)))
  return typed.length ? hits.sort((a, b) => starts(b, typed[0]) - starts(a, typed[0])) : hits
}

/** Every connection that can be made with a node: what works and is free first, then what is taken, then what cannot be. */
function pairs(nodes, kinds, id) {
  const own = nodes.find((node) => node.id === id)
  if (!own) return []
  const others = nodes.filter((node) => node.id !== id)
  const away = own.kind === 'Output' ? [] : outputs(own, kinds).flatMap((output) => others.flatMap((node) => into(output, own, node)))
  const back = others.filter((node) => node.kind !== 'Output').flatMap((node) => outputs(node, kinds).flatMap((output) => into(output, node, own)))
  return [...away, ...back].filter(({ now, from }) => now !== from).sort((a, b) => a.place - b.place)

  function into(output, from, node) {
    return ports(node, kinds).map(({ name: port }) => {
      const now = node.inputs[port] ?? ''
      const why = refusal(nodes, kinds, from.id, output.port, node.id, port)
      const key = `${from.id}.${output.name} ${node.id}.${port}`
      const { kind } = from.id === id ? node : from
      const place = (why ? 4 : 0) + (now ? 2 : 0) + (from.id === id ? 0 : 1)
      const said = outputs(from, kinds).length > 1 ? output.name : ''
      const given = { source: from.id, output: output.port, from: whole(from.id, output.port), said }
      return { key, ...given, node: node.id, port, now, why, kind, place, dim: why }
    })
  }
}

function Pair({ one, own }) {
  const source = one.said ? `${one.source} (${one.said})` : one.source
  return (
    <>
      <span className="badge"><Icon name={one.source === own ? 'east' : 'west'} /></span>
      <span className="name">{one.source === own ? `${one.node} · ${one.port}` : source}</span>
      <span className="help">{one.why || described(one, own, source)}</span>
    </>
  )
}

function described(one, own, source) {
  if (one.now) return `takes the place of ${head(one.now)}`
  return one.source === own ? (one.said ? `from ${one.said}` : 'reads it') : `leads to ${one.node} · ${one.port}`
}
