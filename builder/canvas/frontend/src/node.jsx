// A node: what it is, its fields, what it gives and costs, its ports, and what is wrong with it.
import { memo } from 'react'
import { Handle, Position, useStore } from '@xyflow/react'
import { Fields } from './fields.jsx'
import { Thumbnail } from './glow.jsx'
import { complete } from './graph.js'
import { lettering, parts } from './lettering.js'
import { FAR, heightOf, portY, rows } from './size.js'
import { counted, isError, short, spoken } from './words.js'
import './nodes.css'

const FAMILIES = { float: 'float', int: 'int', uint: 'int', bool: 'int', mask: 'int', long: 'int' }
const CROWDED = 28 // letters of the bottom line, beyond which a shape is told without its spaces
const ROOMY = 19 // and up to which there is room for all of it in large letters

/** A node of React Flow; `data` is {node, kinds, heat, board}. */
export const LayerNode = memo(function LayerNode({ data, selected, isConnectable }) {
  const { kinds, heat, board } = data
  const kind = kinds.kinds[data.node.kind]
  const node = complete(data.node, kinds)
  const far = useStore(isFar)
  const { style, classes: letters } = lettering(node)
  const classes = ['layer', letters, far && 'far', selected && 'chosen', worst(node), node.about.repeat > 1 && 'stacked', heat !== null && 'hot']
  return (
    <div
      className={classes.filter(Boolean).join(' ')} data-node={node.id} role="group" aria-label={spoken(node)}
      style={{ ...stripe(node, kinds), ...style, height: far ? heightOf(node) : undefined, '--heat': `${Math.round(100 * (heat ?? 0))}%` }}
    >
      <Thumbnail id={node.id} />
      <Head node={node} icon={kind?.icon} board={board} />
      {!far && <Inside node={node} fields={data.node} board={board} still={!selected} />}
      <Foot about={node.about} far={far} />
      <Ports node={node} isConnectable={isConnectable} />
      <Badge node={node} board={board} />
    </div>
  )
}, same)

/** The colours of a node's category, as properties that its style sheet reads. */
export function stripe({ about }, kinds) {
  const colour = kinds.categories.find(({ name }) => name === about.category)
  return { '--light': colour?.colour, '--dark': colour?.colour_dark }
}

const isFar = ({ transform }) => transform[2] < FAR

function Inside({ node, fields, board, still }) {
  return (
    <>
      <PortNames node={node} />
      <Fields node={fields} board={board} still={still} />
    </>
  )
}

function same(one, other) {
  return one.data === other.data && one.selected === other.selected && one.isConnectable === other.isConnectable
}

function worst({ about }) {
  if (about.problems.some(isError)) return 'broken'
  return about.problems.length ? 'warned' : ''
}

export function Head({ node: { id, about, shares }, icon, board }) {
  const kind = about.block || about.title
  return (
    <div className="layer-head" data-grip>
      <span className="layer-icon symbol" aria-hidden="true">{icon ?? 'widgets'}</span>
      <span className="layer-names">
        <span className="layer-id" title={id}>{parts(id, about.title).flatMap((part, place) => (place ? [<wbr key={place} />, part] : part))}</span>
        <span className="layer-kind" title={kind}>
          {about.repeat > 1 && <b className="layer-times" title={`${about.repeat} in a row, each with its own weights`}>× {about.repeat}</b>}
          {kind}
        </span>
      </span>
      {shares && <span className="layer-shares symbol" role="img" aria-label={`Uses the weights of ${shares}`} title={`Uses the weights of ${shares}`}>link</span>}
      {about.block && (
        <button
          type="button" className="layer-enter symbol nodrag nopan" aria-label={`Open ${id}`} title="Open this block"
          onClick={() => board.actions?.enter(id)}
        >
          open_in_full
        </button>
      )}
    </div>
  )
}

/** The names of the ports, where a side has more than one. */
function PortNames({ node }) {
  const count = rows(node)
  if (!count) return null
  const named = (ports, row) => (ports.length > 1 && ports[row] ? ports[row].name : '')
  return (
    <div className="layer-ports" aria-hidden="true">
      {Array.from({ length: count }, (_, row) => (
        <div key={row} className="layer-port">
          <span>{named(node.about.inputs, row)}</span>
          <span>{named(node.about.outputs, row)}</span>
        </div>
      ))}
    </div>
  )
}

export function Foot({ about: { shape, dtype, parameters, outputs }, far }) {
  const all = outputs.map((port) => `${port.name}: ${port.shape ?? 'not known yet'}${port.dtype ? `, ${port.dtype}` : ''}`)
  const costs = parameters ? `${short(parameters)} param${parameters === 1 ? '' : 's'}` : ''
  const letters = (shape ?? '').length + costs.length
  const told = letters > CROWDED && costs ? shape?.replaceAll(' ', '') : shape
  return (
    <div className="layer-foot">
      <span className="layer-shape" title={shape ? all.join('\n') || `${shape}${dtype ? `, ${dtype}` : ''}` : undefined}>
        {far ? tight(shape) : (told ?? '…')}
      </span>
      {costs && <span className={`layer-costs${letters <= ROOMY ? ' roomy' : ''}`} title={counted(parameters, 'parameter')}>{costs}</span>}
    </div>
  )
}

/** A shape in few letters: of one example, without spaces. */
const tight = (shape) => (shape ?? '').replace(/^B × /, '').replaceAll(' ', '')

export function Ports({ node: { about }, isConnectable }) {
  const { inputs, outputs } = about
  return (
    <>
      {inputs.map((port, place) => (
        <Port key={port.name} port={port} way="target" top={portY(place, inputs.length)} isConnectable={isConnectable} />
      ))}
      {outputs.map((port, place) => (
        <Port key={port.name} port={port} way="source" top={portY(place, outputs.length)} isConnectable={isConnectable} />
      ))}
    </>
  )
}

function Port({ port, way, top, isConnectable }) {
  const family = FAMILIES[/^[a-z]+/.exec(port.takes && port.takes !== 'any' ? port.takes : port.dtype ?? '')?.[0]] ?? 'any'
  const optional = way === 'target' && port.required === false
  return (
    <Handle
      id={port.name} type={way} position={way === 'target' ? Position.Left : Position.Right} isConnectable={isConnectable}
      className={`port ${family}${optional ? ' optional' : ''}`} style={{ top }} data-port={port.name} title={described(port, way, optional)}
    />
  )
}

function described({ name, shape, dtype, takes }, way, optional) {
  const numbers = { float: 'takes numbers', int: 'takes whole numbers', mask: 'takes true and false', any: 'takes any numbers' }[takes]
  const parts = [optional ? `${name} (optional)` : name, shape, dtype, way === 'target' && numbers]
  return parts.filter(Boolean).join(' · ')
}

function Badge({ node: { id, about }, board }) {
  const errors = about.problems.filter(isError).length
  const count = errors || about.problems.length
  if (!count) return null
  const words = counted(count, errors ? 'error' : 'warning')
  return (
    <button
      type="button" className={`layer-badge nodrag nopan ${errors ? 'error' : 'warning'}`} aria-label={`${words} at ${id}: show and mend`}
      title={about.problems[0].message} onClick={() => board.ui.open('fixes', { node: id })}
    >
      {count}
    </button>
  )
}
