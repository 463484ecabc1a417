// A Plotly chart that lives as long as its place on the page: data arrive by server-sent events and are appended, so
// zoom and hover survive. One EventSource a run, shared by all charts of the page.

const charts = new WeakMap();
let revision = 0;
const BASELINE = "baseline: ";

class Feed {
  // All that a run has told so far, and who wants to know more.
  constructor(token) {
    this.url = `/api/runs/${encodeURIComponent(token)}/stream`;
    this.readers = new Set();
    this.wait = 500;
    this.last = "";
    this.forget();
    this.open();
  }

  forget() {
    this.steps = { x: [], loss: [] };
    this.marks = [];
  }

  open() {
    this.ended = false;
    const source = new EventSource(this.last ? `${this.url}?from=${encodeURIComponent(this.last)}` : this.url);
    this.source = source;
    source.onmessage = (event) => {
      this.wait = 500;
      this.last = event.lastEventId;
      this.take(JSON.parse(event.data));
    };
    source.addEventListener("over", () => {
      this.ended = true;
      source.close();
      for (const reader of this.readers) reader(false, this.steps.x.length);
    });
    source.onerror = () => {
      source.close();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(2 * this.wait, 8000);
    };
  }

  take(news) {
    if (news.reset) this.forget();
    const from = this.steps.x.length;
    for (const [name, values] of Object.entries(news.steps ?? {})) {
      const known = (this.steps[name] ??= new Array(from).fill(null));
      for (const value of values) known.push(value);
    }
    this.marks.push(...(news.marks ?? []));
    for (const reader of this.readers) reader(Boolean(news.reset), from);
  }

  close() {
    clearTimeout(this.timer);
    this.source.close();
  }
}

function subscribe(token, reader) {
  const feeds = (window.strataFeeds ??= new Map());
  let feed = feeds.get(token);
  if (!feed) feeds.set(token, (feed = new Feed(token)));
  feed.readers.add(reader);
  const leave = () => {
    feed.readers.delete(reader);
    // a chart may leave for a moment, when its page is drawn anew
    setTimeout(() => {
      if (!feed.readers.size && feeds.get(token) === feed) { feed.close(); feeds.delete(token); }
    }, 1000);
  };
  return [feed, leave];
}

function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: read("--st-text-color", "#1B1F2A"),
    grid: read("--st-border-color", "#E3E6EE"),
    background: read("--st-background-color", "#FFFFFF"),
    font: read("--st-font", "sans-serif"),
    colours: read("--st-chart-categorical-colors", "#3B5BDB,#E8590C,#0CA678,#AE3EC9,#1098AD,#F08C00").split(","),
  };
}

function smooth(values, weight) {
  // An exponential mean, corrected for its start at zero (as Adam does).
  let mean = 0, mass = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}

function spread(values) {
  // How far the largest value lies above the middle one: a loss that explodes shows only on a logarithmic axis.
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  if (!known.length) return 1;
  const every = Math.ceil(known.length / 500);
  const sample = known.filter((_, place) => place % every === 0).sort((a, b) => a - b);
  if (sample[0] <= 0) return 1;
  return known.reduce((most, value) => Math.max(most, value), 0) / sample[sample.length >> 1];
}

function placeholder(data) {
  // A faint grid, where the chart will be drawn once there is something to draw.
  const note = document.createElement("div");
  note.setAttribute("aria-hidden", "true");
  const line = "color-mix(in srgb, var(--st-border-color, #E3E6EE) 70%, transparent)";
  note.style.cssText = `position: absolute; inset: 0; display: grid; place-items: center; font-size: 0.85rem;
    background: repeating-linear-gradient(to bottom, ${line} 0 1px, transparent 1px 52px) 0 40px / 100% 100% no-repeat;`;
  const words = document.createElement("span");
  words.style.cssText = "opacity: 0.65; padding: 2px 10px; background: var(--st-background-color, #FFFFFF);";
  words.textContent = `${data.title} …`;
  note.appendChild(words);
  return note;
}

function measured(feed, part, name) {
  const rows = feed.marks.filter((mark) => mark.part === part && typeof mark.values[name] === "number");
  return { x: rows.map((row) => row.step), y: rows.map((row) => row.values[name]) };
}

const KINDS = {
  loss(feed, data, look) {
    const steps = feed.steps;
    const weight = Math.min(0.9, steps.loss.length / 1000);
    const every = steps.loss.length < 3000 ? "spline" : "linear";
    const validation = measured(feed, "validation", "loss");
    return [
      { name: "every step", x: steps.x, y: steps.loss, mode: "lines", line: { width: 1, color: look.colours[0] },
        opacity: 0.25, showlegend: false, hoverinfo: "skip" },
      { name: "train", x: steps.x, y: smooth(steps.loss, weight), mode: "lines",
        line: { width: 2, color: look.colours[0], shape: every }, hovertemplate: "%{y:.4f}" },
      { name: "validation", ...validation, mode: validation.x.length < 60 ? "lines+markers" : "lines",
        marker: { size: 4 }, line: { width: 2, color: look.colours[1] }, hovertemplate: "%{y:.4f}" },
    ];
  },

  metric(feed, data, look) {
    const number = data.unit === "%" ? ".1%" : ".4~g";
    const validation = measured(feed, "validation", data.name);
    const test = measured(feed, "test", data.name);
    const last = Math.max(1, feed.steps.x.at(-1) ?? 1, data.steps ?? 1);
    const traces = [
      { name: "validation", ...validation, mode: validation.x.length < 60 ? "lines+markers" : "lines",
        marker: { size: 4 }, line: { width: 2, color: look.colours[1] }, hovertemplate: `%{y:${number}}` },
    ];
    // The strongest simple model is told last; all of them stand in the table below.
    const simple = feed.marks.filter((mark) => mark.part.startsWith(BASELINE) && typeof mark.values[data.name] === "number").at(-1);
    if (simple) traces.push({
      name: `${simple.part.slice(BASELINE.length).toLowerCase()}, test`, x: [0, last],
      y: [simple.values[data.name], simple.values[data.name]], mode: "lines", hovertemplate: `%{y:${number}}`,
      line: { width: 1.5, color: look.text, dash: "dash" }, opacity: 0.55,
    });
    if (test.x.length) traces.push({
      name: "test", ...test, mode: "markers", hovertemplate: `%{y:${number}}`,
      marker: { size: 11, symbol: "diamond", color: look.colours[2], line: { width: 1.5, color: look.background } },
    });
    return traces;
  },
};

function layout(data, look, steps) {
  const log = data.kind === "loss" && spread(steps.loss) > 1e6;
  const axis = { gridcolor: look.grid, linecolor: look.grid, zeroline: false, automargin: true, fixedrange: false };
  return {
    datarevision: revision++, height: data.height, autosize: true, uirevision: data.token, margin: { l: 48, r: 10, t: 40, b: 40 },
    title: { text: data.title, x: 0, xref: "container", xanchor: "left", y: 1, yref: "container", yanchor: "top",
      pad: { t: 6, l: 2 }, font: { size: 15, color: look.text } },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: look.text, family: look.font, size: 12 },
    xaxis: { ...axis, title: { text: "step", font: { size: 12 }, standoff: 6 }, rangemode: "tozero" },
    yaxis: { ...axis, tickformat: data.unit === "%" ? ".0%" : undefined, rangemode: data.kind === "loss" ? "tozero" : "normal",
      type: log ? "log" : "linear", exponentformat: log ? "power" : "B", nticks: log ? 8 : undefined,
      uirevision: `${data.token} ${log}` },
    legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom", font: { size: 12 } },
    showlegend: true, hovermode: "x unified", hoverlabel: { bgcolor: look.background, font: { color: look.text } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: look.grid, activecolor: look.text },
  };
}

const config = {
  responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: false,
  modeBarButtonsToRemove: ["sendChartToCloud", "lasso2d", "select2d"],
};

export default function (component) {
  const { data, parentElement } = component;
  let chart = charts.get(parentElement);
  if (chart && chart.data.token !== data.token) { chart.leave(); chart = undefined; }
  if (!chart) {
    const box = document.createElement("div");
    box.className = "live-chart";
    box.setAttribute("role", "img");
    parentElement.appendChild(box);
    const note = box.appendChild(placeholder(data));
    chart = { box, note, frame: 0, gone: false };
    chart.leave = () => {
      chart.gone = true;
      cancelAnimationFrame(chart.frame);
      chart.unsubscribe?.();
      chart.library?.purge(box);
      box.remove();
      charts.delete(parentElement);
    };
    charts.set(parentElement, chart);
    plotly().then((library) => {
      if (chart.gone) return;
      chart.library = library;
      [chart.feed, chart.unsubscribe] = subscribe(data.token, () => chart.draw());
      chart.draw();
    }).catch(() => { box.textContent = "The chart could not be loaded. Reload the page."; });
  }
  chart.data = data;
  if (data.live && chart.feed?.ended) chart.feed.open();
  chart.box.style.height = `${data.height}px`;
  chart.box.setAttribute("aria-label", data.alt);
  chart.draw = () => {
    if (!chart.library || chart.gone) return;
    cancelAnimationFrame(chart.frame);
    chart.frame = requestAnimationFrame(() => {
      const look = theme(chart.box);
      const traces = KINDS[chart.data.kind](chart.feed, chart.data, look);
      chart.box.dataset.points = String(chart.feed.steps.x.length);
      if (chart.note.isConnected && !traces.some((trace) => trace.x.length)) {
        if (chart.feed.ended) chart.note.firstChild.textContent = `${chart.data.title}: nothing was measured`;
        return;
      }
      chart.library.react(chart.box, traces, layout(chart.data, look, chart.feed.steps), config);
      chart.note.remove();
    });
  };
  chart.draw();
  // Streamlit also cleans up after a call that a newer one has overtaken; the chart leaves when its place is gone.
  return () => { if (!chart.box.isConnected) chart.leave(); };
}
