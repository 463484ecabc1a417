// What a field holds, as text and back. Pure.

/** What a field of a node holds: what was just set, or else what the server told. */
export function holds({ config }, { name, value }) {
  const [stem, argument] = name.split('.') // "arguments.width" is one of a block's arguments
  const [own, key] = argument ? [config[stem] ?? {}, argument] : [config, stem]
  return Object.hasOwn(own, key) ? own[key] : value
}

/** Whether a value is a list of sizes. */
export const listed = (value) => Array.isArray(value) && value.length > 0 && value.length < 6 && value.every(Number.isInteger)

/** A value as people read it: sizes with ×, nothing as nothing. */
export function shown(value) {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join(' × ')
  return String(value)
}

const LIST = /[,×]|\d\s*[xX ]\s*\d/

/** A value within the bounds of its field, without the dust of binary fractions. */
export function clamped({ kind, min, max }, value) {
  const tidy = kind === 'int' ? Math.round(value) : Number(value.toPrecision(10))
  return Math.min(max ?? Infinity, Math.max(min ?? -Infinity, tidy))
}

/** How much one step of a drag changes a field: 1, or a tenth of the number's own magnitude. */
export function stepOf({ kind, min, max }, value) {
  if (kind === 'int') return 1
  if (typeof min === 'number' && typeof max === 'number' && max - min <= 2) return 0.01
  if (Number.isInteger(value) && value) return 1
  return value ? 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1) : 0.01
}

/** What a person typed: {value}, or {why} it cannot be. `inside` allows formulas; `before` is what the field held. */
export function parsed(text, field, { inside, before }) {
  const typed = text.trim()
  if (!typed) return { value: before }
  if (Array.isArray(before) || ((field.part || field.sides) && LIST.test(typed))) return { value: sizes(typed) }
  if (field.kind !== 'int' && field.kind !== 'float') return { value: Number.isNaN(Number(typed)) ? typed : Number(typed) }
  const number = Number(plain(typed, field.kind))
  if (Number.isNaN(number)) return inside ? { value: typed } : { why: `A ${kindOf(field)}${range(field)}` }
  const fits = number >= (field.min ?? -Infinity) && number <= (field.max ?? Infinity) && Number.isFinite(number)
  if (!fits || (field.kind === 'int' && !Number.isInteger(number))) return { why: `A ${kindOf(field)}${range(field)}` }
  return { value: number }
}

/** "1, 28 × 28" as [1, 28, 28]; parts that are no number stay text: formulas, or for the server to refuse. */
function sizes(text) {
  const parts = text.replace(/^\(|\)$/g, '').split(/[,×]|(?<=\d)\s*[xX]\s*(?=\d)|(?<=\d)\s+(?=-?\d)/).map((part) => part.trim())
  return parts.filter(Boolean).map((part) => (/^-?\d+$/.test(part) ? Number(part) : part))
}

/** Thousands with commas ("1,000") and fractions with one ("0,5") are read as they are meant. */
function plain(text, kind) {
  if (kind === 'int') return /^-?\d{1,3}(,\d{3})+$/.test(text) ? text.replaceAll(',', '') : text
  return text.replace(/^(-?\d*),(\d+)$/, '$1.$2')
}

const kindOf = ({ kind }) => (kind === 'int' ? 'whole number' : 'number')

function range({ min, max }) {
  const [least, most] = [min, max].map((bound) => bound?.toLocaleString('en'))
  if (least && most) return ` from ${least} to ${most}`
  if (least) return `, ${least} or more`
  return most ? `, ${most} or less` : ''
}
