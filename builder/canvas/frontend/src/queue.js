// The edits that the server has not acknowledged yet, in the order in which they were made. They outlive a reload.

const MOST = 200 // edits in one request
const HEAVY = 4_000_000 // characters in one request; the server takes 8 MB

/** The queue of a project, shared by everything in this browser tab that works on it. */
export function createQueue(project) {
  const name = `strata ${project}`
  let { last, items } = read(name)
  const write = (change) => {
    const kept = read(name)
    last = Math.max(last, kept.last)
    try {
      sessionStorage.setItem(name, JSON.stringify({ last, items: change(kept.items) }))
    } catch {
      // The storage is full or forbidden: the edits are still here, and only a reload would lose them.
    }
  }
  return {
    get items() {
      return items
    },
    /** Append one and give it its number, which rises within the browser tab. */
    add(item) {
      last = Math.max(Date.now(), last + 1)
      const numbered = { n: last, ...item }
      items = [...items, numbered]
      write((kept) => [...kept, numbered])
      return numbered
    },
    /** The oldest ones of one author, as many as go into a request. */
    next(most = MOST) {
      const [first] = items
      let size = 0
      const fits = (item, place) => {
        size += JSON.stringify(item).length
        return place === 0 || (item.tab === first.tab && place < most && size < HEAVY)
      }
      const end = items.findIndex((item, place) => !fits(item, place))
      return end < 0 ? items : items.slice(0, end)
    },
    /** Forget what is done with, by number. */
    forget(done) {
      const numbers = new Set(done.map((item) => item.n))
      items = items.filter((item) => !numbers.has(item.n))
      write((kept) => kept.filter((item) => !numbers.has(item.n)))
    },
  }
}

function read(name) {
  try {
    const { last, items } = JSON.parse(sessionStorage.getItem(name))
    if (Number.isSafeInteger(last) && Array.isArray(items)) return { last, items: items.filter(sound) }
  } catch {
    // Nothing was kept, or nothing that we wrote.
  }
  return { last: 0, items: [] }
}

const sound = (item) => Number.isSafeInteger(item?.n) && typeof item.tab === 'string' && typeof item.do === 'string'
