// What a person can do on the canvas, whichever way they ask for it: keys, palette, menus, drops.
import { carried, distance, pasted, readable } from './clipboard.js'
import { head, outputs, ports, refusal } from './graph.js'
import { blocks } from './nesting.js'
import { count, found, nodesOf, sceneOf, session, show, whenThere } from './onboard.js'
import { behind, boxes, copied, placing, portsOf, room, specOf, spread } from './placing.js'
import { GAP, portY, snap, WIDTH } from './size.js'
import { aligned, neighbour } from './walking.js'
import { spoken } from './words.js'

/** An output as connections name it: the first one by its node alone. */
const reference = (board, node, port) => {
  const [first] = outputs(found(board, node), board.kinds.kinds)
  return port && port !== first?.name ? `${node}.${port}` : node
}
const point = (at) => (Array.isArray(at) ? at : [at.x, at.y])
const several = (edits) => (edits.length === 1 ? edits[0] : { edit: 'several', edits })

/** Everything that can be done on a board. */
export function actions(board) {
  const quietly = (text) => board.tell(text, 'quiet')
  return {
    ...adding(board, quietly),
    ...connecting(board, quietly),
    ...copying(board, quietly),
    ...moving(board, quietly),
    ...blocks(board, quietly),
    remove(ids, bridge) {
      if (!ids.length) return
      const after = bridge ?? (ids.length === 1 && Object.keys(found(board, ids[0])?.inputs ?? {}).length === 1)
      const next = ids.length === 1 ? nextTo(board, ids[0]) : ''
      board.do({ edit: 'remove', ids, bridge: after })
      board.select(next ? [next] : [])
      quietly(`${count(ids)} removed${after ? ', its neighbours connected' : ''}.`)
    },
    /** Apply a fix that is offered; what it inserts gets room. */
    apply(fix) {
      board.do(spread(sceneOf(board), fix.edit))
      quietly(`Done: ${fix.words}.`)
    },
    undo() {
      board.store.undo()
      said(board, 'Undone.', 'What you did last will be undone when the server is back.')
    },
    redo() {
      board.store.redo()
      said(board, 'Redone.', 'What was undone last will be made again when the server is back.')
    },
    selectAll: () => board.select(nodesOf(board).map((node) => node.id)),
    /** The node that the arrow keys lead to: "left", "right", "up" or "down". */
    neighbour(direction) {
      const id = neighbour(nodesOf(board), boxes(sceneOf(board)), board.selected().at(-1), direction)
      if (!id) return
      show(board, [id])
      const node = found(board, id)
      quietly([spoken(node), node.about.problems[0]?.message].filter(Boolean).join('. '))
    },
  }
}

/** Tell what was done; where only the server can do it and does not answer, on the screen too. */
function said(board, words, later) {
  const offline = board.store.get().status === 'offline'
  board.tell(offline ? later : words, offline ? 'note' : 'quiet')
}

function nextTo(board, id) {
  const before = Object.values(found(board, id)?.inputs ?? {})[0]
  const after = nodesOf(board).find((node) => Object.values(node.inputs).some((source) => head(source) === id))
  return before ? head(before) : (after?.id ?? '')
}

/** What a word of the palette stands for: a kind, or "Block:name" for a block of the project. */
const meant = (word) => {
  const [kind, block] = word.split(':')
  return block ? { kind, config: { block } } : { kind, config: {} }
}

function adding(board, quietly) {
  const place = (what, where) => {
    const { id, edit } = placing(sceneOf(board), what, where)
    const read = where.sources?.length ? ` behind ${where.sources.map(head).join(' and ')}` : ''
    board.do(edit)
    show(board, [id], () => where.at || board.reveal([id, ...(where.sources ?? []).map(head)], [id]))
    quietly(`${what.kind} ${id} added${read}.`)
    return id
  }
  const takes = (what) => portsOf(specOf(sceneOf(board), what)).length > 0
  const middle = () => point(board.middle())
  return {
    /** Place a node behind the selected one, in its readers' way; at a place it stays alone. */
    add(word, at) {
      const what = meant(word)
      if (at) return place(what, { at: centred(point(at)) })
      const where = takes(what) ? behind(nodesOf(board), board.selected()) : { sources: [] }
      return place(what, { ...where, middle: middle() })
    },
    /** Place a node into a connection. */
    insert(word, edge) {
      const what = meant(word)
      const source = found(board, edge.node)?.inputs[edge.port]
      if (!source || !takes(what)) return this.add(word)
      return place(what, { sources: [source], heirs: [{ node: edge.node, port: edge.port }] })
    },
    /** Lead a connection through a node that is there and reads nothing; it goes to `to` where it cannot stand there. */
    thread(id, edge, to) {
      const node = { ...found(board, id), inputs: {} }
      const [first] = ports(node, board.kinds.kinds)
      const stands = first && outputs(node, board.kinds.kinds).length > 0
      if (!stands) return board.do({ edit: 'move', positions: { [id]: to } })
      const source = found(board, edge.node).inputs[edge.port]
      const { position, moved } = room(sceneOf(board), { ...node, inputs: { [first.name]: source } }, { takers: [edge] })
      return board.do(several([
        { edit: 'move', positions: { ...moved, [id]: position } },
        { edit: 'connect', source, node: id, port: first.name },
        { edit: 'connect', source: id, node: edge.node, port: edge.port },
      ]))
    },
    /** Place a node at a port {node, port, side}: behind an output (side "source") or before an input ("target"). */
    append(word, from, at) {
      const what = meant(word)
      const corner = at && point(at)
      if (from.side === 'target') {
        const box = boxes(sceneOf(board)).get(from.node)
        const [x, y] = corner ? [corner[0] - WIDTH, corner[1] - PORT] : [box.x - WIDTH - GAP, box.y]
        return place(what, { heirs: [{ node: from.node, port: from.port }], at: snapped([x, y]) })
      }
      const sources = takes(what) ? [reference(board, from.node, from.port)] : []
      const there = corner && snapped([corner[0], corner[1] - PORT])
      return place(what, { sources, heirs: [], at: there, middle: middle() })
    },
  }
}

const PORT = portY(0, 1)
const snapped = (at) => at.map(snap)
const centred = ([x, y]) => snapped([x - WIDTH / 2, y - PORT])

function connecting(board, quietly) {
  return {
    /** Lead an output to an input port; tells why not, where it cannot be. */
    connect(source, output, node, port) {
      const why = refusal(nodesOf(board), board.kinds.kinds, source, output, node, port)
      if (why) {
        board.tell(why, 'refused')
        return false
      }
      const from = reference(board, source, output)
      if (found(board, node).inputs[port] === from) return true
      board.do({ edit: 'connect', source: from, node, port })
      quietly(`${from} leads to ${node}, ${port}.`)
      return true
    },
    /** Take connections away: ids of connections, or {node, port}. */
    cut(...given) {
      const edges = given.map((one) => (typeof one === 'string' ? board.store.get().edges.find(({ id }) => id === one) : one)).filter(Boolean)
      if (!edges.length) return
      const words = edges.length === 1 ? freed(board, edges[0]) : `${edges.length} connections cut.`
      board.do(several(edges.map(({ node, port }) => ({ edit: 'disconnect', node, port }))))
      quietly(words)
    },
    /** Take a connection off the port {node, port} that it leads to, and say so. */
    detach(edge) {
      const words = freed(board, edge)
      board.do({ edit: 'disconnect', node: edge.node, port: edge.port })
      board.tell(words, 'note')
    },
    /** Lead a connection from another output, or to another port, than it did; tells why not, where it cannot be. */
    reconnect(edge, source, output, node, port) {
      const why = port ? refusal(nodesOf(board), board.kinds.kinds, source, output, node, port) : `${node} has no input.`
      if (why) return board.tell(why, 'refused')
      const from = reference(board, source, output)
      if (found(board, node).inputs[port] === from) return undefined
      const away = { edit: 'disconnect', node: edge.node, port: edge.port }
      board.do({ edit: 'several', edits: [away, { edit: 'connect', source: from, node, port }] })
      return quietly(`${from} leads to ${node}, ${port}.`)
    },
  }
}

/** What will be told once a connection is gone; asked while it is there. */
const freed = (board, { node, port }) => `${node} no longer reads ${head(found(board, node).inputs[port])}.`

function copying(board, quietly) {
  let coming = [] // the boxes of copies that the server has not brought yet
  const place = (what, wanted) => {
    const { by, group } = copied(sceneOf(board), what, wanted, board.store.get().pending ? coming : [])
    coming = [...(board.store.get().pending ? coming : []), ...group]
    const { edit, ids } = pasted(nodesOf(board), what, by)
    const first = !nodesOf(board).length
    board.do(edit)
    whenThere(board, ids, first && (() => board.fit()))
    said(board, `${count(ids)} added.`, `${count(ids)} will be added when the server is back.`)
  }
  return {
    /** Copies beside the originals. */
    duplicate(ids) {
      if (ids.length) place(carried(board, ids), [0, 0])
    },
    /** The nodes as text, for the clipboard. */
    copy(ids) {
      quietly(`${count(ids)} copied.`)
      return JSON.stringify(carried(board, ids))
    },
    /** Place what such a text describes: at a place, beside the originals, or in the visible middle. */
    paste(text, at) {
      let what
      try {
        what = readable(text)
      } catch (error) {
        board.tell(error.message, 'refused')
        return
      }
      const beside = what.nodes.some((node) => found(board, node.id))
      place(what, beside && !at ? [0, 0] : distance(what.nodes, at ? point(at) : point(board.middle())))
    },
  }
}

function moving(board, quietly) {
  let gesture = ['', 0, 0]
  const chosen = (ids) => {
    const all = boxes(sceneOf(board))
    return ids.map((id) => all.get(id)).filter(Boolean)
  }
  return {
    /** Move the selected nodes; steps that follow one another quickly are undone together. */
    moveBy(dx, dy) {
      const ids = board.selected()
      if (!ids.length) return
      const [key, number, last] = gesture
      const again = key === ids.join() && Date.now() - last < 1000
      gesture = [ids.join(), again ? number : number + 1, Date.now()]
      const positions = Object.fromEntries(chosen(ids).map((one) => [one.id, [one.x + dx, one.y + dy]]))
      board.do({ edit: 'move', positions, gesture: `moved by keys ${session} ${gesture[1]}` })
    },
    /** Line up the selected nodes: "left", "right", "top", "bottom", or evenly "across" or "down". */
    align(how) {
      const all = chosen(board.selected())
      const least = how === 'across' || how === 'down' ? 3 : 2
      if (all.length < least) {
        board.tell(`Select at least ${least === 2 ? 'two' : 'three'} nodes to ${least === 2 ? 'line them up' : 'space them evenly'}.`, 'note')
        return
      }
      board.do({ edit: 'move', positions: aligned(all, how) })
      quietly(`${all.length} nodes lined up.`)
    },
  }
}
