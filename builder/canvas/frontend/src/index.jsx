// The way in: Streamlit calls the default export again for every change of data or theme, on the same parent.
import { createRoot } from 'react-dom/client'
import '@xyflow/react/dist/style.css'
import { Canvas } from './canvas.jsx'
import { renderDifference } from './differing.jsx'
import * as graph from './graph.js'
import * as layout from './layout.js'
import { createStore } from './store.js'

export { createStore, graph, layout }

const mounted = new WeakMap()
const LEAVING = 3000 // ms that another page may take to come
const PRESSED = 1500 // and the answer to a button, which may lead there too
// What is pressed or copied here is meant for the canvas: Streamlit has shortcuts of its own (`r`, `c`).
const KEPT = ['keydown', 'keyup', 'keypress', 'copy', 'cut', 'paste']

/** Shows the canvas of a project, or the difference of two graphs, or takes over newer data; returns what unmounts it. */
export default function render({ parentElement, data, setStateValue }) {
  if (data.difference) return renderDifference({ parentElement, data, base: base(), isDark })
  let one = mounted.get(parentElement)
  if (one && one.project !== data.project) one = one.stop()
  if (!one) mounted.set(parentElement, (one = mount(parentElement, data)))
  one.show(data, setStateValue)
  return () => one.left()
}

function mount(parent, first) {
  const { project, tab, role, path } = first
  const host = document.createElement('div')
  host.className = 'strata-canvas'
  for (const kind of KEPT) host.addEventListener(kind, (event) => event.stopPropagation())
  parent.appendChild(host)
  const root = createRoot(host)
  const quiet = quietly(host)
  const store = createStore({ base: base(), project, tab, role, path })
  const io = { tell: () => {} }
  let data = {}
  let asked = first.select?.n
  const draw = () => root.render(<Canvas data={reachable(data, store)} store={store} io={io} host={host} dark={isDark(host)} />)
  const off = store.subscribe(() => data.select?.path && draw())
  return {
    project,
    show(newest, setStateValue) {
      data = newest
      io.tell = (view) => quiet.tell(() => setStateValue('view', view)) // the newest: a fragment may have got another id
      store.known(data.revision, data.tab)
      if (data.select?.path && data.select.n !== asked) store.open({ role: data.role, path: data.select.path })
      asked = data.select?.n
      draw()
    },
    /** Streamlit also cleans up after a call that a newer one has overtaken; we leave only when our place is gone. */
    left() {
      if (!host.isConnected) this.stop()
    },
    stop() {
      if (mounted.get(parent)?.project === project) mounted.delete(parent)
      off()
      quiet.stop()
      store.stop()
      root.unmount()
      host.remove()
    },
  }
}

/**
 * Holds back what is told to Streamlit while a click elsewhere may be leading to another page: a request of this page
 * that comes behind the one for the other page leaves that one blank.
 */
function quietly(host) {
  let until = 0
  let timer = 0
  const onClick = (event) => {
    if (event.composedPath().includes(host)) until = 0
    else if (event.target.closest?.('a')) until = Date.now() + LEAVING
    else if (event.target.closest?.('button')) until = Date.now() + PRESSED
  }
  document.addEventListener('click', onClick, true)
  const tell = (send) => {
    clearTimeout(timer)
    if (Date.now() >= until) send()
    else timer = setTimeout(() => tell(send), until - Date.now()) // another click may have come meanwhile
  }
  return {
    tell,
    stop() {
      clearTimeout(timer)
      document.removeEventListener('click', onClick, true)
    },
  }
}

/** The data, without the wish to select nodes inside a block as long as that block is not open. */
function reachable(data, store) {
  const inside = data.select?.path?.join('.')
  return inside === undefined || inside === store.get().path.join('.') ? data : { ...data, select: undefined }
}

/** The address of the server, without a slash at its end; pages lie directly under it. */
function base() {
  return new URL('.', document.baseURI).href.replace(/\/$/, '')
}

/** Whether the theme is a dark one: Streamlit tells colours, and not what they are meant for. */
function isDark(host) {
  const probe = host.appendChild(document.createElement('i'))
  probe.style.color = 'var(--st-background-color, white)'
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number)
  probe.remove()
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128
}
