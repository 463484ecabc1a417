// A connection: a curve as thick as much data runs along it, with its shape written on it.
import { memo, useCallback } from 'react'
import { BaseEdge, useStore } from '@xyflow/react'
import { held } from './cabling.js'
import { useGlow } from './glow.js'
import { line, planOf } from './route.js'
import { lettersAt, meets, WIDTH } from './size.js'
import './nodes.css'

const THIN = 1.5
const THICK = 6
const STOUT = 2 // times as thick from far away
const NEAR = 24 // what is so wide around a connection counts for it; seen from away twice as wide
const LETTERS = 11 // the size at which widths are measured

/** A connection of React Flow; `data` is {label, bytes, faulty, skips}, and where graphs are compared its `mark`. */
export const ShapeEdge = memo(function ShapeEdge({ id, sourceX, sourceY, targetX, targetY, target, data }) {
  const strong = useGlow((state) => (state.edges ? state.told.edges[target] : undefined))
  const route = useStore(useCallback((state) => planOf(state).get(id), [id]))
  const letters = useStore(sizeOfLetters)
  const { path, x, y, room, under } = line(route, { x1: sourceX, y1: sourceY, x2: targetX, y2: targetY })
  const { label, bytes, faulty, skips, mark = '' } = data
  const width = strong ? THIN + (THICK - THIN) * strong.share : thickness(bytes)
  const colour = strong && { stroke: `color-mix(in oklab, var(--glow-pale), var(--glow-strong) ${Math.round(100 * strong.share)}%)` }
  const named = `cable${faulty ? ' faulty' : ''}${skips ? ' skips' : ''}${label ? '' : ' unknown'} ${mark}`
  return (
    <g className={named}>
      <BaseEdge path={path} interactionWidth={letters === LETTERS ? NEAR : 2 * NEAR} style={{ strokeWidth: width * (letters ? 1 : STOUT), ...colour }} />
      {strong && <title>{`${target}: ${strong.words}`}</title>}
      {letters > 0 && (
        <Label edge={id} text={label} {...{ x, room, letters }} y={under ? y + (width + letters) / 2 + 2.5 : y} patch={!under} />
      )}
    </g>
  )
})

/** A connection while it is drawn; one that was taken off its port hangs on what gave it. */
export function LooseEdge({ fromHandle, fromX, fromY, toX, toY }) {
  const from = useStore((state) => origin(state, held({ fromHandle })), same)
  const [x1, y1] = from ?? [fromX, fromY]
  const ends = from || fromHandle.type === 'source' ? { x1, y1, x2: toX, y2: toY } : { x1: toX, y1: toY, x2: x1, y2: y1 }
  return <path className="react-flow__connection-path" d={line(undefined, ends).path} />
}

/** Where a connection begins, as [x, y]. */
function origin({ edges, nodeLookup }, id) {
  const edge = edges.find((one) => one.id === id)
  const node = edge && nodeLookup.get(edge.source)
  return node && [node.position.x + WIDTH, node.position.y + meets(node.data.node, 'outputs', edge.sourceHandle)]
}

const same = (one, other) => one?.[0] === other?.[0] && one?.[1] === other?.[1]

const sizeOfLetters = ({ transform }) => lettersAt(transform[2])

/** The width of a line in pixels: from 256 bytes to 16 megabytes for one example. */
function thickness(bytes) {
  if (!bytes) return THIN
  const part = (Math.log2(bytes) - 8) / 16
  return THIN + (THICK - THIN) * Math.min(1, Math.max(0, part))
}

function Label({ edge, text, x, y, room, letters, patch }) {
  const { shown, scale } = fitted(text || '…', room, letters / LETTERS)
  if (!shown) return null
  const width = widthOf(shown) * scale + 8
  const high = scale * LETTERS
  const height = high + 5
  return (
    <g className="cable-label" data-edge={edge}>
      {patch && <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={4} />}
      <text x={x} y={y + 0.36 * high} fontSize={high}>{shown}</text>
      {shown !== text && text && <title>{text}</title>}
    </g>
  )
}

/** A shape in so many pixels, and its scale: as it is, without its spaces, of one example, smaller, or cut. */
function fitted(text, room, scale) {
  const close = text.replaceAll(' ', '')
  const one = close.replace(/^B×/, '')
  const shown = [text, close, one].find((some) => widthOf(some) * scale <= room)
  if (shown !== undefined) return { shown, scale }
  if (widthOf(one) <= room) return { shown: one, scale: room / widthOf(one) }
  const letters = Math.floor((room - 8) / 6)
  return { shown: letters > 2 ? `${close.slice(0, letters)}…` : '', scale: 1 }
}

function widthOf(text) {
  let width = 0
  for (const letter of text) width += letter === ' ' ? 2.5 : 5.6
  return width
}
