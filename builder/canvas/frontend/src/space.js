// Room on the canvas: boxes {x, y, width, height} that do not lie upon one another. Pure.
import { GRID } from './size.js'

const APART = 2 * GRID

/** The ways that boxes may go to be free: down, any, or none that leads back before what they read. */
export const DOWN = [0, 1]
export const ONWARD = [DOWN, [1, 0], [0, -1]]
export const ANY = [...ONWARD, [-1, 0]]

/** How far, as [x, y], these boxes go together so that they lie clear of the others: a short way, down if that is one. */
export function cleared(group, others, ways) {
  const found = ways.map((way) => slid(group, others, way))
  const far = ([x, y]) => Math.abs(x + y)
  const shortest = Math.min(...found.map(far))
  return found.find((one) => far(one) <= 2 * shortest)
}

function slid(group, others, [dx, dy]) {
  const [along, length, across, breadth] = dx ? ['x', 'width', 'y', 'height'] : ['y', 'height', 'x', 'width']
  const barred = group.flatMap((one) =>
    others
      .filter((other) => one[across] < other[across] + other[breadth] + APART && other[across] < one[across] + one[breadth] + APART)
      .map((other) => [other[along] - one[length] - APART - one[along], other[along] + other[length] + APART - one[along]])
      .map(([from, to]) => (dx + dy > 0 ? [from, to] : [-to, -from])),
  )
  let far = 0
  for (const [from, to] of barred.sort((a, b) => a[0] - b[0])) if (from < far && far < to) far = Math.ceil(to / GRID) * GRID
  return [dx * far, dy * far]
}

/** The ids of what goes right by so much where some boxes do: these, and all that they would come to lie upon. */
export function pushed(all, ids, by) {
  const found = new Set(ids)
  for (const id of found) {
    const box = all.get(id)
    const reached = { ...box, x: box.x + by }
    for (const one of all.values()) if (one.x > box.x && touches(reached, one)) found.add(one.id)
  }
  return found
}

/** Whether two boxes lie upon one another, or nearly so. */
function touches(one, other) {
  const near = (at, length) => one[at] < other[at] + other[length] + APART && other[at] < one[at] + one[length] + APART
  return near('x', 'width') && near('y', 'height')
}
