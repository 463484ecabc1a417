// A long chain in rows, like lines of text: each from left to right, and back to the beginning of the next. Pure.

const RATIO = 1.3 // of the width to the height of the whole; constant, so that no window changes a layout
const LINE = 4 // so many columns stay one line
const RETURN = 60 // between two rows: room for the connection that leads back
const LANE = 20 // more for each skip that runs over the next row

/**
 * Boxes that lie in one line, broken into rows where a single connection crosses.
 *
 * @param boxes [{id, x, y, width, height}], equally wide and in columns.
 * @param edges the connections between them; `skips` those with a longer way beside them.
 */
export function wrapped(boxes, edges, skips = []) {
  const columns = [...new Set(boxes.map((box) => Math.round(box.x)))].sort((a, b) => a - b)
  if (columns.length <= LINE) return boxes
  const at = new Map(columns.map((x, column) => [x, column]))
  const place = new Map(boxes.map((box) => [box.id, at.get(Math.round(box.x))]))
  const all = stretches(boxes, place, crossing(edges, place, columns.length))
  const over = crossing(skips, place, columns.length)
  const rows = choices(all).map((row) => row.map((some) => joined(some, over)))
  return stacked(rows.reduce((best, some) => (amiss(some) < amiss(best) ? some : best)))
}

/** How many of these connections run between a column and the next, for each column. */
function crossing(edges, place, count) {
  const counts = Array(count).fill(0)
  for (const { source, node } of edges) {
    for (let column = place.get(source); column < place.get(node); column += 1) counts[column] += 1
  }
  return counts
}

/** What has to stay together, from left to right: {first, count, boxes}. */
function stretches(boxes, place, counts) {
  const found = [{ first: 0, count: 0, boxes: [] }]
  const of = counts.map((count, column) => {
    found.at(-1).count += 1
    const own = found.at(-1)
    if (count <= 1 && column < counts.length - 1) found.push({ first: column + 1, count: 0, boxes: [] })
    return own
  })
  for (const box of boxes) of[place.get(box.id)].boxes.push(box)
  return found
}

/** For every number of rows that there can be, the rows that differ least in length. */
function choices(all) {
  const total = all.reduce((sum, one) => sum + one.count, 0)
  const found = new Map()
  const least = all.reduce((most, one) => Math.max(most, one.count), Math.floor(Math.sqrt(total) / 2)) // fewer are much too high
  for (let most = least; most <= total; most += Math.ceil(most / 100)) { // to a row of hundreds one more is nothing
    const rows = filled(all, () => most)
    if (found.has(rows.length)) continue
    const even = filled(all, (done, left) => Math.min(most, Math.ceil(left / Math.max(rows.length - done, 1))))
    found.set(rows.length, even.length === rows.length ? even : rows)
  }
  return [...found.values()]
}

/** Row after row, each as long as `most(rows before, columns left)` allows. */
function filled(all, most) {
  const rows = []
  let left = all.reduce((sum, one) => sum + one.count, 0)
  let room = 0
  for (const one of all) {
    if (!rows.length || one.count > room) {
      room = most(rows.length, left)
      rows.push([])
    }
    rows.at(-1).push(one)
    room -= one.count
    left -= one.count
  }
  return rows
}

/** A row: its boxes, their outline, and the room that it needs above it. */
function joined(some, over) {
  const boxes = some.flatMap((one) => one.boxes)
  const { first } = some[0]
  const { first: last, count } = some.at(-1)
  return {
    boxes,
    x: Math.min(...boxes.map((box) => box.x)),
    y: Math.min(...boxes.map((box) => box.y)),
    right: Math.max(...boxes.map((box) => box.x + box.width)),
    bottom: Math.max(...boxes.map((box) => box.y + box.height)),
    above: RETURN + LANE * Math.max(0, ...over.slice(first, last + count)),
  }
}

/** How far the outline of rows is from the wanted one. */
function amiss(rows) {
  const width = Math.max(...rows.map((row) => row.right - row.x))
  const height = rows.reduce((sum, row, place) => sum + row.bottom - row.y + (place && row.above), 0)
  return Math.abs(Math.log(width / height / RATIO))
}

function stacked(rows) {
  let top = 0
  return rows.flatMap((row, place) => {
    top += place && row.above
    const { x, y } = row
    const moved = row.boxes.map((box) => ({ ...box, x: box.x - x, y: box.y - y + top }))
    top += row.bottom - y
    return moved
  })
}
