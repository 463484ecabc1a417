// A Plotly chart that lives as long as its place on the page: zoom, hover and the choices in the legend survive whatever
// the run tells, every rerun, and a change of the theme.

import { onAxis, stepAt } from "./axis.js";
import { follow } from "./feed.js";
import { make, theme } from "./look.js";
import { plotly } from "./plotly.js";
import { KINDS, frame } from "./traces.js";

const SLOWEST = 20;   // a chart takes at most a twentieth of the time
const OFTEN = 200;
const waiting = new Set();
let asked = 0;

// One chart a frame, the one that was drawn longest ago first: a page with many charts stays as smooth as with one.
function work(now) {
  asked = 0;
  const due = [...waiting].filter((one) => now >= one.due).sort((a, b) => a.drawn - b.drawn)[0];
  if (due) {
    waiting.delete(due);
    const began = performance.now();
    try {
      due.draw();
    } finally { // a chart that fails must not stop the others
      due.drawn = began;
      due.due = began + Math.max(OFTEN, SLOWEST * (performance.now() - began));
      ask();
    }
  } else {
    ask();
  }
}

function ask() {
  if (waiting.size && !asked && !document.hidden) asked = requestAnimationFrame(work);
}

document.addEventListener("visibilitychange", ask);

const config = {
  responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: false,
  modeBarButtonsToRemove: ["sendChartToCloud", "lasso2d", "select2d"],
};

function placeholder(title) {
  const note = make("div", "strata-placeholder");
  note.setAttribute("aria-hidden", "true");
  note.append(make("span", "", `${title} …`));
  return note;
}

export function chart(box, data, component) {
  box.className = data.name === "loss" ? "live-chart" : "live-chart other";
  box.setAttribute("role", "img");
  const note = box.appendChild(placeholder(data.title));
  const runs = new Map();
  let library, visible = false, gone = false, heard = false;
  const one = { due: 0, drawn: 0, draw: () => draw() };

  const soon = () => {
    if (gone || !library) return;
    box.dataset.points = String(runs.get(data.token)?.run.length ?? 0);
    if (!visible) return;
    waiting.add(one);
    ask();
  };
  const now = () => { one.due = 0; soon(); };
  const draw = () => {
    if (gone) return;
    const look = theme(box);
    const shown = [data.token, ...(data.others ?? []).map((other) => other.token)].map((token) => runs.get(token).run);
    const { traces, layout } = KINDS[data.name](shown, data, look);
    if (!traces.some((trace) => trace.x.some((x) => x !== null))) {
      const over = shown[0].ended || shown[0].status?.over;
      if (note.isConnected) { note.firstChild.textContent = over ? `${data.title}: nothing was measured` : `${data.title} …`; return; }
    }
    library.react(box, traces, frame(data, look, shown[0], { ...layout, width: box.clientWidth }), config);
    note.remove();
    if (!heard && data.travels) box.on("plotly_click", ({ points }) => travel(stepAt(shown[0], points[0].x)));
    heard = true;
  };
  const travel = (step) => {
    component.setTriggerValue("moment", step);
    document.querySelector(".st-key-travel")?.scrollIntoView({ block: "center" }); // where the moment is told, far below
  };
  const listen = () => {
    for (const token of [data.token, ...(data.others ?? []).map((other) => other.token)]) {
      if (runs.has(token)) continue;
      const [run, leave] = follow(token, soon);
      runs.set(token, { run, leave });
    }
  };
  const size = () => {
    box.style.height = `${data.height}px`;
    box.setAttribute("aria-label", data.alt);
  };
  const observer = new IntersectionObserver((seen) => {
    visible = seen.at(-1).isIntersecting; // a slow browser tells several at once: the last one counts
    now();
  }, { rootMargin: "200px" });

  size();
  listen();
  observer.observe(box);
  const unhear = onAxis(now);
  plotly().then((loaded) => { library = loaded; now(); })
    .catch(() => { note.firstChild.textContent = "The chart could not be loaded. Reload the page."; });
  return {
    update: (newer, newest) => { data = newer; component = newest; size(); listen(); now(); },
    leave: () => {
      gone = true;
      waiting.delete(one);
      observer.disconnect();
      unhear();
      for (const { leave } of runs.values()) leave();
      library?.purge(box);
    },
  };
}
