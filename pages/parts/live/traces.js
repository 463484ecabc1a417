// What each kind of chart draws of a run, and the frame around it.

import { axis, places } from "./axis.js";
import { smooth, uid } from "./look.js";

const BASELINE = "baseline: ";
const FEW = 8; // layers that are drawn as lines; of more a heat map is made
let revision = 0;

// How far the largest value lies above the middle one: a loss that explodes shows only on a logarithmic axis.
function spread(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  if (!known.length) return 1;
  const every = Math.ceil(known.length / 500);
  const sample = known.filter((_, place) => place % every === 0).sort((a, b) => a - b);
  if (sample[0] <= 0) return 1;
  return known.reduce((most, value) => Math.max(most, value), 0) / sample[sample.length >> 1];
}

// The loss at each point: of a long run, whose points are the lowest and highest of a stretch, the mean of that stretch.
function means(steps) {
  return steps.mean ? steps.loss.map((loss, place) => steps.mean[place] ?? loss) : steps.loss;
}

function dots(count) {
  return count < 60 ? "lines+markers" : "lines";
}

function validation(run, name, look, number) {
  const told = run.measured("validation", name);
  return {
    uid: "validation", name: "validation", x: places(run).marks(told), y: told.map((mark) => mark.values[name]),
    mode: dots(told.length), marker: { size: 4 }, line: { width: 2, color: look.colours[1] },
    hovertemplate: `%{y:${number}}`,
  };
}

// The curves of another run, faint beside those of the first: of its parent, or of runs that are compared.
function beside(runs, data, draw) {
  return (data.others ?? []).flatMap((other, place) => draw(runs[place + 1], other).map((trace, index) => ({
    ...trace, uid: uid("beside", other.token, trace.uid), name: `${other.name}, ${trace.name}`, opacity: 0.45,
    legendgroup: other.token, showlegend: index === 0, mode: "lines", line: { ...trace.line, width: 1.5, dash: "dot" },
  })));
}

// The run itself decides how far an axis reaches: one beside it that went out of all bounds would press it flat.
function within(traces, others) {
  const most = traces.flatMap((trace) => trace.y).reduce((one, other) => Math.max(one, other ?? one), -Infinity);
  return others.length && Number.isFinite(most) ? { autorangeoptions: { clipmax: most + 0.1 * Math.abs(most) } } : {};
}

export const KINDS = {
  loss(runs, data, look) {
    const [run] = runs, { steps } = run;
    const x = places(run).columns(steps);
    const train = (one, weight) => ({
      uid: "train", name: "train", x: places(one).columns(one.steps), y: smooth(means(one.steps), weight), mode: "lines",
      line: { width: 2, color: look.colours[0] }, hovertemplate: "%{y:.4f}",
    });
    const weight = (one) => Math.min(0.9, one.length / 1000);
    const log = spread(steps.loss) > 1e6;
    const traces = [
      { uid: "steps", name: "every step", x, y: steps.loss, mode: "lines", line: { width: 1, color: look.colours[0] },
        opacity: 0.25, showlegend: false, hoverinfo: "skip" },
      train(run, weight(run)),
      validation(run, "loss", look, ".4f"),
    ];
    const others = beside(runs, data, (one) => [train(one, weight(one)), validation(one, "loss", look, ".4f")]);
    return { traces: [...traces, ...others], layout: { log, y: { rangemode: "tozero", ...within(traces, others) } } };
  },

  metric(runs, data, look) {
    const [run] = runs, { name, unit } = run.metric ?? data.metric;
    const number = unit === "%" ? ".1%" : ".4~g";
    const at = places(run);
    const told = run.measured("test", name);
    const last = at.one(run.steps.x.at(-1) ?? 1, run.steps.seconds.at(-1)) || 1;
    const traces = [validation(run, name, look, number)];
    // The strongest simple model is told last; all of them stand in the table below.
    const simple = run.marks.filter((mark) => mark.part?.startsWith(BASELINE) && typeof mark.values[name] === "number").at(-1);
    if (simple) traces.push({
      uid: "baseline", name: `${simple.part.slice(BASELINE.length).toLowerCase()}, test`, x: [0, last],
      y: [simple.values[name], simple.values[name]], mode: "lines", hovertemplate: `%{y:${number}}`,
      line: { width: 1.5, color: look.text, dash: "dash" }, opacity: 0.55,
    });
    if (told.length) traces.push({
      uid: "test", name: "test", x: at.marks(told), y: told.map((mark) => mark.values[name]), mode: "markers",
      hovertemplate: `%{y:${number}}`,
      marker: { size: 11, symbol: "diamond", color: look.colours[2], line: { width: 1.5, color: look.background } },
    });
    const others = beside(runs, data, (one) => [validation(one, name, look, number)]);
    const y = { tickformat: unit === "%" ? ".2~%" : undefined, ...within(traces, others) };
    return { traces: [...traces, ...others], layout: { y } };
  },

  rate([run], data, look) {
    const told = (run.steps.lr ?? []).some((value) => value !== null);
    const line = { uid: "rate", name: "learning rate", mode: "lines", line: { width: 2, color: look.colours[3] } };
    const hover = { hovertemplate: "%{y:.3~g}" };
    const most = [...(run.steps.lr ?? []), ...(run.plan?.lr ?? [])].reduce((one, other) => Math.max(one, other ?? 0), 0);
    const above = { include: 1.15 * most }; // room for the labels of changes
    const layout = { legend: false, y: { rangemode: "tozero", autorangeoptions: above } };
    if (told) return { traces: [{ ...line, ...hover, x: places(run).columns(run.steps), y: run.steps.lr }], layout };
    const plan = run.plan ?? { x: [], lr: [] }, step = run.status?.step ?? 0;
    const done = plan.x.filter((x) => x <= step).length;
    const epoch = places(run), x = axis() === "time" ? [] : plan.x.map((one) => epoch.one(one, null));
    const traces = [
      { uid: "planned", name: "planned", x, y: plan.lr.slice(0, x.length), mode: "lines", ...hover,
        line: { width: 1.5, color: look.colours[3], dash: "dot" }, opacity: 0.5 },
      { ...line, ...hover, x: x.slice(0, done), y: plan.lr.slice(0, Math.min(done, x.length)) },
    ];
    return { traces, layout };
  },

  gradient: ([run], data, look) => byLayer(run, "gradient", look, { colours: scale(look.sequence) }),

  update: ([run], data, look) => byLayer(run, "update", look, {
    colours: [[0, look.colours[0]], [0.5, look.grid], [1, look.colours[6]]], zmid: -3, zmin: -6, zmax: 0,
    guide: { at: 1e-3, words: "1e-3: learns well, roughly" },
  }),
};

function scale(colours) {
  return colours.map((colour, place) => [place / (colours.length - 1), colour]);
}

// A measure of every layer over time, logarithmic: lines for a few layers, a heat map for many.
function byLayer(run, measure, look, { colours, guide, ...bounds }) {
  const names = Object.keys(run.probes.layers).filter((name) => run.probes.layers[name][measure]);
  const x = places(run).columns(run.probes);
  if (names.length <= FEW) {
    const traces = names.map((name, place) => ({
      uid: uid("layer", name), name, x, y: run.probes.layers[name][measure].map((value) => (value > 0 ? value : null)), mode: "lines",
      line: { width: 1.75, color: look.colours[place % look.colours.length] }, hovertemplate: "%{y:.2~e}",
    }));
    const known = traces.flatMap((trace) => trace.y).filter((value) => value !== null);
    const decades = Math.log10(Math.max(...known, guide?.at ?? 0) / Math.min(...known, guide?.at ?? Infinity));
    const y = decades > 1 ? { dtick: Math.ceil(decades / 6), tickformat: "~e" }
      : { dtick: decades > 0.4 ? "D2" : undefined, tickformat: ".2~g" }; // at 1, 2 and 5: room for each
    return { traces, layout: { log: true, below: true, y, guide: names.length ? guide : undefined } };
  }
  const z = names.map((name) => run.probes.layers[name][measure].map((value) => (value > 0 ? Math.log10(value) : null)));
  const known = z.flat().filter((value) => value !== null);
  const low = bounds.zmin ?? Math.floor(known.reduce((least, value) => Math.min(least, value), 9));
  const high = bounds.zmax ?? Math.ceil(known.reduce((most, value) => Math.max(most, value), -9));
  const ticks = Array.from({ length: high - low + 1 }, (_, place) => low + place);
  const bar = {
    thickness: 8, outlinewidth: 0, tickvals: ticks, ticktext: ticks.map((power) => `1e${power}`), len: 1, y: 0.5, x: 1.01,
  };
  const trace = {
    uid: measure, type: "heatmap", x, y: names, z, colorscale: colours, zmin: low, zmax: high, colorbar: bar,
    hovertemplate: "%{y}: 10^%{z:.1f}<extra></extra>", xgap: 0, ygap: names.length < 40 ? 1 : 0,
  };
  return { traces: [trace], layout: { layers: names.length, legend: false } };
}

// Where a person changed settings while it trained: a thin line, with what was changed where there is room for it.
function changes(run, look, words) {
  const told = run.marks.filter((mark) => mark.type === "changed");
  const x = places(run).marks(told);
  const line = { color: look.text, width: 1, dash: "dot" };
  return {
    shapes: told.map((_, place) => ({
      type: "line", x0: x[place], x1: x[place], y0: 0, y1: 1, yref: "paper", line, opacity: 0.6, layer: "below",
    })),
    annotations: (words ? told.slice(-6) : []).map((mark, place, some) => ({
      x: x[told.length - some.length + place], y: 1 - 0.09 * (place % 3), yref: "paper", text: plainText(mark.label ?? ""), showarrow: false,
      xanchor: "left", yanchor: "top", xshift: 3, font: { size: 11, color: look.text }, opacity: 0.8,
      bgcolor: look.background, borderpad: 1,
    })),
  };
}

// Plotly reads a little HTML in its labels.
function plainText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

export function frame(data, look, run, { log = false, y = {}, legend = true, below = false, guide, layers = 0, width }) {
  const line = { gridcolor: look.grid, linecolor: look.grid, zeroline: false, automargin: true, fixedrange: false };
  const { title } = places(run);
  const marks = changes(run, look, ["loss", "rate"].includes(data.name));
  if (data.cursor) {
    const x = places(run).one(data.cursor.step, data.cursor.seconds);
    marks.shapes.push({ type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { color: look.primary, width: 2 } });
  }
  if (guide) {
    marks.shapes.push({ type: "line", x0: 0, x1: 1, xref: "paper", y0: guide.at, y1: guide.at, opacity: 0.6,
      line: { color: look.text, width: 1, dash: "dash" } });
    marks.annotations.push({ x: 1, xref: "paper", xanchor: "right", y: Math.log10(guide.at), yanchor: "top", showarrow: false,
      text: guide.words, font: { size: 11, color: look.text }, opacity: 0.7, bgcolor: look.background, borderpad: 1 });
  }
  return {
    ...marks, datarevision: revision++, height: data.height, autosize: true, uirevision: data.token,
    margin: { l: 48, r: layers ? 52 : 10, t: 40, b: below ? 64 : 40 },
    title: { text: data.title, x: 0, xref: "container", xanchor: "left", y: 1, yref: "container", yanchor: "top",
      pad: { t: 6, l: 2 }, font: { size: 15, color: look.text } },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: look.text, family: look.font, size: 12 },
    xaxis: { ...line, title: { text: title, font: { size: 12 }, standoff: 6 }, rangemode: "tozero", tickangle: 0, nticks: Math.max(3, Math.round(width / 70)),
      uirevision: `${data.token} ${title}` },
    yaxis: layers
      ? { ...line, type: "category", autorange: "reversed", showgrid: false, tickfont: { size: 10 },
          nticks: Math.min(layers, 14), showticklabels: width > 330 }
      : { ...line, ...y, type: log ? "log" : "linear", exponentformat: log ? "power" : "B", nticks: log && !y.dtick ? 7 : undefined,
          uirevision: `${data.token} ${log}` },
    legend: below
      ? { orientation: "h", x: 0, y: -0.24, yanchor: "top", font: { size: 11 } }
      : { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom", font: { size: 12 } },
    showlegend: legend, hovermode: layers ? "closest" : "x unified", hoverlabel: { bgcolor: look.background, font: { color: look.text } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: look.grid, activecolor: look.text },
  };
}
