// The requests to the server's routes of a project, as [status, answer]; the answer is null if it is not JSON.

const PATIENCE = 20_000 // ms to wait for an answer
const BEACON = 30_000 // bytes that a browser surely sends for a page that is being closed

/** The routes under an address; each rejects where no answer comes. */
export function createWire(home) {
  return {
    revision: () => request(`${home}/revision`),
    scene({ role, path }, stop) {
      return request(`${home}/scene?${new URLSearchParams({ role, path: path.join('.') })}`, {}, stop)
    },
    /** Send edits, and ask for the scene of a place; `now` is the revision that is shown. */
    edits(items, place, now, stop) {
      const body = message(items, place, now)
      const headers = { 'content-type': 'application/json' }
      const keepalive = new Blob([body]).size < BEACON
      return request(`${home}/edits`, { method: 'POST', body, headers, keepalive }, stop)
    },
  }
}

async function request(url, options = {}, stop = new AbortController()) {
  const late = setTimeout(() => stop.abort(), PATIENCE)
  try {
    const response = await fetch(url, { cache: 'no-store', signal: stop.signal, ...options })
    return [response.status, parsed(await response.text())]
  } finally {
    clearTimeout(late)
  }
}

function message(items, { role, path }, now) {
  const steps = items.filter((item) => item.do !== 'edit')
  // An undo may take back only what was seen when it was asked for.
  const base = steps.length ? Math.min(...steps.map((item) => item.base)) : now
  const edits = items.map((item) => ({ n: item.n, do: item.do, edit: item.edit, role: item.role, path: item.path }))
  return JSON.stringify({ tab: items[0].tab, role, path, base, edits })
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
