// A node in words and numbers. Pure.

const UNITS = ['', ' k', ' M', ' G', ' T']

export const isError = ({ severity }) => severity === 'error'

export const counted = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`

/** A node in words, for those who hear it: "conv1, Conv2d, gives B × 6 × 28 × 28, 156 parameters, no errors". */
export function spoken({ id, about }) {
  const errors = about.problems.filter(isError).length
  return [
    id,
    about.block ? `block ${about.block}` : about.title,
    about.repeat > 1 && `${about.repeat} times`,
    about.shape ? `gives ${about.shape}` : 'shape not known',
    about.parameters > 0 && counted(about.parameters, 'parameter'),
    errors ? counted(errors, 'error') : 'no errors',
  ].filter(Boolean).join(', ')
}

/** A count in three digits at most: 156, 1.2 k, 61.7 k, 3.4 M. */
export function short(count) {
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return unit ? `${value < 99.95 ? Number(value.toFixed(1)) : Math.round(value)}${UNITS[unit]}` : String(count)
}
