// What the store does with a scene: lay pending edits over it, keep what is the same as before, write requests. Pure.
import { apply } from './graph.js'

/** Where a scene lies: its role, and the Block nodes that are open. */
export const viewOf = ({ role, path }) => ({ role, path: path.map((step) => step.node) })

/** Whether two places are the same. */
export const sameView = (one, other) => one.role === other.role && one.path.join('.') === other.path.join('.')

/** The nodes of a scene with the edits that the server has not acknowledged yet, as far as they were made here. */
export function withPending(scene, items) {
  const view = viewOf(scene)
  const here = items.filter((item) => item.do === 'edit' && sameView(item, view))
  return here.reduce((nodes, item) => apply(nodes, item.edit), scene.nodes)
}

/** The list after a change: what is as it was before is the same object as before, the list itself included. */
export function kept(before, after) {
  const known = new Map(before.map((one) => [one.id, one]))
  const list = after.map((one) => {
    const old = known.get(one.id)
    return old && (old === one || JSON.stringify(old) === JSON.stringify(one)) ? old : one
  })
  return list.length === before.length && list.every((one, place) => one === before[place]) ? before : list
}
