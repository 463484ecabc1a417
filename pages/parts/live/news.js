// What a run has told so far. News that do not follow on what is known (they came twice) are passed over.

const MOST_PROBES = 900;

export class Run {
  constructor(token) {
    this.token = token;
    this.position = "";
    this.readers = new Set();
    this.ended = false;
    this.status = this.metric = this.health = this.plan = null;
    this.forget();
  }

  forget() {
    this.steps = { x: [], loss: [], seconds: [] };
    this.confirmed = 0; // behind them lie steps that will be told again, thinned
    this.marks = [];
    this.probes = { x: [], seconds: [], layers: {} };
  }

  get length() {
    return this.steps.x.length;
  }

  take(news) {
    if (news.from !== undefined) {
      if (!news.reset && news.from !== this.position) return false;
      if (news.reset) this.forget();
      this.position = news.position;
      if (news.steps || news.tail) {
        for (const column of Object.values(this.steps)) column.length = Math.min(column.length, this.confirmed);
        append(this.steps, news.steps);
        this.confirmed = this.length;
        append(this.steps, news.tail);
      }
      this.marks.push(...(news.marks ?? []));
      if (news.probes) this.probe(news.probes);
    }
    for (const name of ["status", "metric", "health", "plan"]) if (name in news) this[name] = news[name];
    return true;
  }

  probe(told) {
    const known = this.probes, before = known.x.length, count = told.x.length;
    known.x.push(...told.x);
    known.seconds.push(...told.seconds);
    for (const [layer, measures] of Object.entries(told.layers)) {
      const columns = (known.layers[layer] ??= {});
      for (const [measure, values] of Object.entries(measures)) {
        const column = (columns[measure] ??= []);
        while (column.length < before) column.push(null);
        column.push(...values);
      }
    }
    const most = before + count;
    for (const columns of Object.values(known.layers)) {
      for (const column of Object.values(columns)) while (column.length < most) column.push(null);
    }
    if (most > MOST_PROBES) this.halve();
  }

  // Of the older half every other probe goes: a run that is watched all day must not fill the browser.
  halve() {
    const older = this.probes.x.length >> 1;
    const keep = (_, place) => place >= older || place % 2 === 0;
    this.probes.x = this.probes.x.filter(keep);
    this.probes.seconds = this.probes.seconds.filter(keep);
    for (const columns of Object.values(this.probes.layers)) {
      for (const measure of Object.keys(columns)) columns[measure] = columns[measure].filter(keep);
    }
  }

  measured(part, name) {
    return this.marks.filter((mark) => mark.part === part && typeof mark.values[name] === "number");
  }

  // The newest value of a layer's measure; null if there is none.
  last(layer, measure) {
    return this.probes.layers[layer]?.[measure]?.at(-1) ?? null;
  }
}

function append(columns, more) {
  if (!more) return;
  const before = columns.x.length;
  for (const [name, values] of Object.entries(more)) {
    const column = (columns[name] ??= []);
    while (column.length < before) column.push(null);
    for (const value of values) column.push(value);
  }
  const length = before + more.x.length;
  for (const column of Object.values(columns)) while (column.length < length) column.push(null);
}
