// Below the board: what the network costs, what is wrong with it, whether it is saved, and the zoom.
import { useStore } from '@xyflow/react'
import { Icon } from './bar.jsx'
import { short } from './words.js'

const UNITS = ['', ' thousand', ' million', ' billion', ' trillion']
const BYTES = [' B', ' kB', ' MB', ' GB', ' TB', ' PB']

const scaled = (value, step, units) => {
  const place = value < step ? 0 : Math.min(Math.floor(Math.log(value) / Math.log(step)), units.length - 1)
  const part = value / step ** place
  return `${place && part < 100 ? part.toPrecision(3) : Math.round(part)}${units[place]}`
}
/** A count as people say it: 61,706 or 11.7 million. */
const said = (value) => (value < 1e6 ? Math.round(value).toLocaleString('en') : scaled(value, 1000, UNITS))
const memory = (value) => scaled(value, 1000, BYTES)

const SAVING = {
  loading: ['hourglass_empty', 'Opening …'],
  saved: ['cloud_done', 'Saved'],
  saving: ['sync', 'Saving …'],
  offline: ['cloud_off', 'No connection'],
  gone: ['error', 'Not there any more'],
}

/** The line under the canvas. */
export function Footer({ board, state, narrow }) {
  const totals = state.scene?.totals
  return (
    <div className="board-foot">
      {totals && <Totals totals={totals} narrow={narrow} />}
      <span className="board-space" />
      {totals && <Faults board={board} scene={state.scene} />}
      {state.scene && !totals && <span className="board-state"><Icon name="hourglass_top" /> <b>Working out the shapes …</b></span>}
      <Status state={state} />
      {!narrow && <Zoom board={board} />}
    </div>
  )
}

function Totals({ totals, narrow }) {
  const number = narrow ? short : said
  const { parameters, multiply_adds, training_bytes, batch, depth } = totals
  return (
    <dl className="board-totals" aria-label="Totals">
      <Total name="parameters" value={number(parameters)} title="Numbers that the network learns; shared weights count once" />
      <Total name="multiply–adds" value={number(multiply_adds)} title="Multiplications, each with an addition, for one example" />
      <Total name={`to train at batch ${batch}`} value={memory(training_bytes)} title="Memory for weights, gradients, Adam's moments and activations" />
      <Total name="deep" value={`${depth} ${depth === 1 ? 'layer' : 'layers'}`} title="Layers with weights on the longest path" />
    </dl>
  )
}

const Total = ({ name, value, title }) => (
  <div title={title}>
    <dd>{value}</dd>
    <dt>{name}</dt>
  </div>
)

function Faults({ board, scene }) {
  const { errors } = scene.totals
  if (!scene.nodes.length) return null
  const first = scene.nodes.find((node) => node.about.problems.some((one) => one.severity === 'error'))
  const open = () => {
    if (first) {
      board.select([first.id])
      board.centre(first.id)
    }
    board.ui.open('fixes', { node: first?.id ?? '' })
  }
  if (!errors) return <span className="board-state good"><Icon name="check_circle" /> <b>Shapes fit</b></span>
  return (
    <button className="board-state bad" onClick={open}>
      <Icon name="error" /> <b>{errors} {errors === 1 ? 'problem' : 'problems'}</b>
    </button>
  )
}

function Status({ state }) {
  const [icon, words] = SAVING[state.status] ?? SAVING.saving
  const title = state.status === 'offline' ? 'What you change is kept in this browser and sent when the connection is back.' : words
  return (
    <span className={`board-state ${state.status}`} data-status={state.status} title={title} role="status">
      <Icon name={icon} /> <b>{words}</b>
    </span>
  )
}

function Zoom({ board }) {
  const percent = useStore(({ transform }) => Math.round(100 * transform[2]))
  return (
    <span className="board-zoom" role="group" aria-label="Zoom">
      <button className="board-tool small" title="Zoom out" aria-label="Zoom out" onClick={() => board.flow.zoomOut({ duration: 120 })}><Icon name="remove" /></button>
      <button className="board-percent" title="Actual size" onClick={() => board.flow.zoomTo(1, { duration: 150 })}>{percent} %</button>
      <button className="board-tool small" title="Zoom in" aria-label="Zoom in" onClick={() => board.flow.zoomIn({ duration: 120 })}><Icon name="add" /></button>
    </span>
  )
}
