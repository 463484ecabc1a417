// How large the name of a node is written, so that all of it can be read from any distance. Pure.
import { BARE, heightOf } from './size.js'

const NARROW = /[fijlrt1.]/
const WIDE = /[mwMW@]/
/** From near, halfway, far and farther away: the room for a name in pixels, and its largest and smallest letters in one line. */
const BANDS = { near: [132, 13, 11], halfway: [164, 21, 16.5], far: [168, 30, 25], farther: [174, 42, 35] }
const BESIDE = { near: 1, halfway: 1, far: 0, farther: 0 } // what stands beside the name there
const BUTTON = 32
const LINK = 24
const KIND = 30 // for the kind in large letters
const SHAPE = 24 // more for a name in two lines over a shape

/** The width of a text in its own height; rather too much. */
export function ems(text) {
  let width = 0
  for (const letter of text) width += NARROW.test(letter) ? 0.39 : WIDE.test(letter) ? 0.87 : 0.58
  return width
}

/** The sizes of a node's name as properties of its style sheet, and as classes what gives way to a name of two lines. */
export function lettering(node) {
  const wide = ems(node.id)
  const taken = (node.about.block ? BUTTON : 0) + (node.shares ? LINK : 0)
  const spare = heightOf(node) - BARE
  const style = { '--lines': spare < KIND ? 2 : 3 } // from farther away the name is all there is
  const lines = {}
  for (const [band, [width, most, least]] of Object.entries(BANDS)) {
    const room = width - BESIDE[band] * taken
    lines[band] = room / wide < least ? 2 : 1
    const rows = band === 'farther' ? style['--lines'] : 2
    const letters = lines[band] === 1 ? Math.min(most, room / wide) : folded(room, wide, least, rows)
    style[`--${band}`] = `${letters.toFixed(1)}px`
  }
  const two = lines.far === 2 ? KIND : 0
  const classes = [lines.halfway === 2 && 'folded', spare < KIND + two && 'unkind', two > 0 && spare < SHAPE && 'unshaped']
  return { style, classes: classes.filter(Boolean).join(' ') }
}

/** The letters of a name in so many lines, which its words do not fill. */
const folded = (room, wide, least, lines) => Math.max(0.6 * least, Math.min(least, (0.85 * lines * room) / wide))

/** The parts of a name between which it may be broken: the words of its kind (adaptive·avg·pool1), and at underscores. */
export function parts(id, kind) {
  const found = []
  let rest = id
  for (const word of kind.match(/[A-Z]+[a-z]*/g) ?? []) {
    if (!rest.startsWith(word.toLowerCase()) || rest.length === word.length) break
    found.push(rest.slice(0, word.length))
    rest = rest.slice(word.length)
  }
  if (/^\d*$/.test(rest) && found.length) rest = found.pop() + rest
  return [...found, ...rest.split(/(?<=_)/)]
}
