// The figures of a run, each with the line of how it came to be, and below them what it takes.

import { axisSwitch } from "./axis.js";
import { follow } from "./feed.js";
import { figure, make, paint, percent, smooth, sparkline, thin, write } from "./look.js";

const SPARKS = 48;

export function figures(box, data) {
  box.className = "strata-figures";
  const grid = box.appendChild(make("div", "grid"));
  const cards = [card("train"), card("validation"), card("validation"), card("quiet")];
  grid.append(...cards.map((one) => one.element));
  const below = box.appendChild(make("div", "below"));
  const taken = below.appendChild(make("dl", "taken"));
  const [choice, unhear] = axisSwitch();
  below.appendChild(choice);
  let frame = 0, frameAt = 0;

  const draw = () => {
    frame = 0;
    paint(box);
    const losses = run.steps.loss.filter((value) => value !== null);
    cards[0].show("Train loss", figure(run.status?.mean_loss), thin(smooth(losses, 0.9), SPARKS));
    const told = run.measured("validation", "loss").map((mark) => mark.values.loss);
    cards[1].show("Validation loss", figure(told.at(-1)), thin(told, SPARKS));
    const metric = run.metric ?? data.metric;
    const scores = run.measured("validation", metric.name).map((mark) => mark.values[metric.name]);
    const share = metric.unit === "%";
    cards[2].show(`Validation ${metric.label}`, share ? percent(scores.at(-1)) : figure(scores.at(-1)), thin(scores, SPARKS), share);
    rate(cards[3], run);
    list(taken, run.status?.taken ?? data.taken);
  };
  const soon = () => {
    if (frame || document.hidden) return;
    frame = setTimeout(() => requestAnimationFrame(() => { frameAt = performance.now(); draw(); }),
      Math.max(0, 200 - (performance.now() - frameAt)));
  };
  const [run, leave] = follow(data.token, soon);
  document.addEventListener("visibilitychange", soon);
  draw();
  return {
    update: (newer) => { data = newer; draw(); },
    leave: () => { clearTimeout(frame); document.removeEventListener("visibilitychange", soon); unhear(); leave(); },
  };
}

function card(colour) {
  const element = make("div", `figure ${colour}`);
  const label = element.appendChild(make("div", "label"));
  const value = element.appendChild(make("div", "value"));
  const change = element.appendChild(make("div", "change"));
  const line = sparkline(colour);
  element.appendChild(line.svg);
  const show = (words, text, values, share = false, chip = null) => {
    write(label, words);
    write(value, text);
    const said = chip ?? difference(values, share);
    write(change, said);
    change.classList.toggle("empty", !said);
    line.update(values);
  };
  return { element, show };
}

// How a figure changed over the last quarter of its line.
function difference(values, share) {
  if (values.length < 2) return "";
  const change = values.at(-1) - values.at(-Math.max(2, values.length >> 2));
  const text = share ? (100 * change).toFixed(1) : Math.abs(change) < 100 ? change.toFixed(3) : String(+change.toPrecision(3));
  if (!Number(text)) return "steady";
  return `${change > 0 ? "↑ +" : "↓ "}${text.replace("-", "−")}${share ? " pt" : ""}`;
}

function rate(place, run) {
  const told = (run.steps.lr ?? []).filter((value) => value !== null);
  const { plan, status } = run;
  if (told.length) {
    place.show("Learning rate", brief(told.at(-1)), thin(told, SPARKS), false, plan?.title ?? "");
  } else if (plan?.x.length) {
    const step = Math.max(status?.step ?? 1, 1);
    const at = Math.max(plan.x.findLastIndex((x) => x <= step), 0);
    place.show("Learning rate", brief(plan.lr[at]), plan.lr, false, plan.title);
  } else {
    place.show("Speed", status?.taken?.[0]?.[1] ?? "–", [], false, "");
  }
}

function brief(value) {
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4) ? value.toExponential(1) : String(+value.toPrecision(3));
}

function list(place, rows) {
  if (place.children.length !== rows.length) {
    place.replaceChildren(...rows.map(() => { const row = make("div"); row.append(make("dt"), make("dd")); return row; }));
  }
  rows.forEach(([name, value], at) => {
    write(place.children[at].firstChild, name);
    write(place.children[at].lastChild, value);
  });
}
