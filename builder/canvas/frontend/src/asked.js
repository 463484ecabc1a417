// Who waits to be told what becomes of an edit, by its number.

/** {of: n → the promise of words that refuse the edit, or of "", tell, left}. */
export function createAsked() {
  const waiting = new Map()
  const tell = (n, words) => {
    const told = waiting.get(n)
    waiting.delete(n)
    told?.(words)
    return Boolean(told)
  }
  return {
    of: (n) => new Promise((told) => waiting.set(n, told)),
    /** Tell these words; whether somebody waited for them. */
    tell,
    /** Tell of all these edits, some of them refused; the words that nobody waited for. */
    left(done, refused) {
      const words = refused.filter((one) => !tell(one.n, one.message)).map((one) => one.message)
      for (const { n } of done) tell(n, '')
      return [...new Set(words)]
    },
  }
}
