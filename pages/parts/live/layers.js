// The table of layers: how large gradients and updates are, what is dead or saturated, and what that means, in words.

import { follow } from "./feed.js";
import { brief, make, paint, percent, sparkline, thin, write } from "./look.js";

const SPARKS = 40;
const HEADS = ["Layer", "Kind", "Gradient norm", "Update ÷ weight", "Dead", "Saturated", "How it is doing"];

export function layers(box, data) {
  box.className = "strata-layers";
  const title = box.appendChild(make("div", "title", "Layer health"));
  const note = box.appendChild(make("div", "note"));
  const scroll = box.appendChild(make("div", "scroll"));
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Layer health");
  const table = scroll.appendChild(make("table"));
  const head = table.createTHead().insertRow();
  for (const words of HEADS) { const cell = head.appendChild(make("th", "", words)); cell.scope = "col"; }
  const body = table.createTBody();
  const rows = new Map();
  let timer = 0, last = 0;

  const draw = () => {
    timer = 0;
    last = performance.now();
    paint(box);
    const names = Object.keys(run.health ?? {});
    scroll.hidden = !names.length;
    note.hidden = Boolean(names.length);
    write(note, run.ended ? "No layer was measured in this run" : "The layers appear here with the first measurement …");
    for (const [name, row] of rows) if (!names.includes(name)) { row.element.remove(); rows.delete(name); }
    for (const name of names) {
      let row = rows.get(name);
      if (!row) { rows.set(name, (row = rowOf(name))); body.appendChild(row.element); }
      row.show(run, name, data.kinds);
    }
    const ill = Object.values(run.health ?? {}).filter((one) => one.level !== "good").length;
    write(title, ill ? `Layer health · ${ill} of ${names.length} need a look` : "Layer health");
  };
  const soon = (news) => {
    if (timer || document.hidden || !(news.health || news.probes || news.reset || run.ended)) return;
    timer = setTimeout(draw, Math.max(0, 400 - (performance.now() - last)));
  };
  const [run, leave] = follow(data.token, (news) => soon(news));
  const seen = () => { if (!document.hidden) draw(); };
  document.addEventListener("visibilitychange", seen);
  draw();
  return {
    update: (newer) => { data = newer; draw(); },
    leave: () => { clearTimeout(timer); document.removeEventListener("visibilitychange", seen); leave(); },
  };
}

function rowOf(name) {
  const element = make("tr");
  const head = element.appendChild(make("th", "", name));
  head.scope = "row";
  const [kind, gradient, update, dead, saturated, state] = HEADS.slice(1).map(() => element.appendChild(make("td")));
  const line = sparkline("quiet", true);
  const number = make("span", "number");
  gradient.className = "gradient";
  gradient.append(line.svg, number);
  state.className = "state";
  const dot = state.appendChild(make("span", "level"));
  const words = state.appendChild(make("span"));
  const meters = [meter(dead), meter(saturated)];

  const show = (run, name, kinds) => {
    const values = run.probes.layers[name]?.gradient ?? [];
    write(kind, kinds[name] ?? kinds[name.replace(/\.\d+(?=\.|$)/g, "")] ?? "");
    line.update(thin(values, SPARKS));
    line.svg.style.visibility = values.length > 1 ? "" : "hidden";
    write(number, values.length ? brief(run.last(name, "gradient")) : "");
    write(update, "update" in (run.probes.layers[name] ?? {}) ? brief(run.last(name, "update")) : "");
    meters[0](run.last(name, "dead"));
    meters[1](run.last(name, "saturated"));
    const { level, words: said } = run.health[name];
    element.dataset.level = level;
    dot.className = `level ${level}`;
    write(words, said);
  };
  return { element, show };
}

function meter(cell) {
  cell.className = "meter";
  const bar = cell.appendChild(make("span", "track")).appendChild(make("span", "fill"));
  const text = cell.appendChild(make("span", "number"));
  return (value) => {
    cell.classList.toggle("empty", value === null);
    bar.style.width = `${100 * (value ?? 0)}%`;
    write(text, value === null ? "" : percent(value, 0));
  };
}
