// The axis that all charts of a page share: by step, by epoch or by time. The choice survives reruns and reloads.

import { make } from "./look.js";

const CHOICES = { step: "Step", epoch: "Epoch", time: "Time" };
const KEPT = "strata axis";
const readers = new Set();
let chosen = sessionStorage.getItem(KEPT);
if (!(chosen in CHOICES)) chosen = "step";

export function axis() {
  return chosen;
}

export function onAxis(reader) {
  readers.add(reader);
  return () => readers.delete(reader);
}

// Three buttons, of which one is pressed.
export function axisSwitch() {
  const group = make("div", "strata-switch");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Charts by");
  const buttons = Object.entries(CHOICES).map(([name, words]) => {
    const button = group.appendChild(make("button", "", words));
    button.type = "button";
    button.setAttribute("aria-label", `By ${name}`); // there is a button to train one step, too
    button.title = `Draw the charts by ${name}`;
    button.onclick = () => {
      chosen = name;
      sessionStorage.setItem(KEPT, name);
      for (const reader of readers) reader();
    };
    return [name, button];
  });
  const show = () => { for (const [name, button] of buttons) button.setAttribute("aria-pressed", String(name === chosen)); };
  show();
  return [group, onAxis(show)];
}

export function axisTitle(seconds) {
  return chosen === "time" ? (seconds > 600 ? "minutes of training" : "seconds of training") : chosen;
}

// The epoch at a step: exact where one was measured, in proportion between.
export function epochs(run) {
  const known = [[0, 0]];
  for (const mark of run.marks) { // measured at the end of an epoch, before it is counted
    if (mark.part === "validation" && mark.epoch >= known.at(-1)[1] && mark.step > known.at(-1)[0]) known.push([mark.step, mark.epoch + 1]);
  }
  const status = run.status ?? {};
  const ahead = status.steps && status.epochs ? status.steps / status.epochs : (known.at(-1)[0] / known.at(-1)[1] || 1);
  const last = known.at(-1);
  known.push([last[0] + ahead, last[1] + 1]);
  let place = 1;
  return (step) => {
    if (step < known[place - 1][0]) place = 1;
    while (place < known.length - 1 && step > known[place][0]) place += 1;
    const [from, begun] = known[place - 1], [until, done] = known[place];
    return begun + ((step - from) / (until - from)) * (done - begun);
  };
}

// Where things lie on the axis: for rows with columns x and seconds, and for marks.
export function places(run) {
  const total = run.steps.seconds.at(-1) ?? 0, unit = total > 600 ? 60 : 1;
  const epoch = chosen === "epoch" ? epochs(run) : null;
  const at = (step, seconds) => {
    if (chosen === "step") return step;
    if (chosen === "time") return seconds === null || seconds === undefined ? null : seconds / unit;
    return epoch(step);
  };
  return {
    title: axisTitle(total),
    columns: (rows) => (chosen === "step" ? rows.x : rows.x.map((step, place) => at(step, rows.seconds[place]))),
    marks: (marks) => marks.map((mark) => at(mark.step, mark.seconds)),
    one: at,
  };
}

// The step that was told which lies nearest to a place on the axis.
export function stepAt(run, x) {
  const all = places(run).columns(run.steps);
  let nearest = 0;
  all.forEach((one, place) => { if (Math.abs(one - x) < Math.abs(all[nearest] - x)) nearest = place; });
  return run.steps.x[nearest] ?? 0;
}
