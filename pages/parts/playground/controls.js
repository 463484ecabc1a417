// What can be set: the row above (play, rates, activation …), the panel of the data, and what was refused.

import { button, choose, css, dark, fill, icon, make, number, signColour, write } from "./parts.js";
import { SPEEDS } from "./player.js";

const OWN = { kind: "", title: "Its own", help: "The data that belong to this network", problem: "", points: [] };
const NETWORKS = { simple: "A simple network", template: "Ready networks", project: "Your projects" };

export function controls(above, left, notice, player, data) {
  const views = [transport(above, player), settings(above, player, data), panel(left, player, data), told(notice, player)];
  return (what) => { for (const view of views) view(what); };
}

function transport(above, player) {
  const row = above.appendChild(make("div", "transport"));
  const reset = button("round", "", "Reset to the same first weights", () => player.reset());
  const play = button("round play", "", "Play", () => player.toggle());
  const step = button("round", "", "One step", () => player.one());
  const sign = icon("play");
  reset.append(icon("reset"));
  play.append(sign);
  step.append(icon("step"));
  const counter = make("div", "counter");
  const epoch = make("b", "", "0"), small = make("span", "", "step 0");
  counter.append(make("span", "", "Epoch"), epoch, small);
  row.append(reset, play, step, counter);
  const told = row.appendChild(make("span", "for-readers"));
  told.setAttribute("role", "status");
  return (what) => {
    const moves = player.playing || player.going;
    sign.show(moves ? "pause" : "play");
    play.setAttribute("aria-label", moves ? "Pause" : "Play");
    play.title = moves ? "Pause" : "Play";
    play.disabled = Boolean(player.broken || player.refused);
    step.disabled = play.disabled;
    write(epoch, Math.floor(player.frame?.epoch ?? 0).toLocaleString("en"));
    write(small, `step ${player.step.toLocaleString("en")}`);
    if (what === "rest" && player.frame) {
      write(told, `Step ${player.step}. Training loss ${number(player.frame.train.loss)}, `
        + `test loss ${number(player.frame.test.loss)}.`);
    }
  };
}

function settings(above, player, data) {
  const row = above.appendChild(make("div", "settings"));
  const options = (list) => list.map(({ kind, title }) => ({ value: kind, title }));
  const rate = choose("Learning rate", [], (value) => player.tune("lr", value));
  const activation = choose("Activation", options(data.activations), (activation) => player.change({ activation }));
  const penalty = choose("Regularisation", [{ value: "none", title: "None" }, { value: "L1", title: "L1" },
    { value: "L2", title: "L2" }], (value) => player.change({ penalty: value }));
  const strength = choose("Its rate", [], (value) => player.tune("rate", value));
  const problem = choose("Problem", [{ value: "classification", title: "Classification" },
    { value: "regression", title: "Regression" }], (value) => player.change({ problem: value, data: null, loss: null }));
  const more = folded("More");
  const inside = more.appendChild(make("div", "inside"));
  const optimiser = choose("Optimiser", options(data.optimisers), (value) => player.change({ optimiser: value }));
  const loss = choose("Loss", [], (value) => player.change({ loss: value }));
  const speed = choose("Each frame", SPEEDS.map(([value, title]) => ({ value, title })), (value) => { player.speed = value; });
  const seed = button("plain", "New weights", "Draw other first weights", () =>
    player.change({ seed: Math.floor(Math.random() * 2 ** 31) }));
  inside.append(optimiser.box, loss.box, speed.box, seed);
  row.append(rate.box, activation.box, penalty.box, strength.box, problem.box, more);
  speed.list.value = player.speed;
  return () => {
    const engine = player.opening?.engine;
    const task = player.opening?.task ?? player.value("problem");
    const lr = player.rate("lr") ?? engine?.lr ?? "0.03";
    numbers(rate.list, data.rates, lr);
    activation.list.value = player.value("activation");
    activation.box.hidden = problem.box.hidden = !player.simple;
    penalty.list.value = player.settings.penalty ?? (engine?.l1 ? "L1" : engine?.l2 ? "L2" : "none");
    const force = player.rate("rate") ?? (engine?.l1 || engine?.l2 || data.usual.rate);
    numbers(strength.list, data.penalties, force);
    strength.list.disabled = penalty.list.value === "none";
    problem.list.value = player.value("problem");
    optimiser.list.value = player.settings.optimiser ?? engine?.optimiser ?? "SGD";
    fill(loss.list, options(data.losses[task] ?? []));
    loss.list.value = player.settings.loss ?? engine?.loss ?? data.loss[task];
    loss.box.hidden = !player.simple;
  };
}

// A list of numbers, with the one in force, whatever it is.
function numbers(list, known, value) {
  const all = [...new Set([...known, +value])].sort((a, b) => a - b);
  fill(list, all.map((one) => ({ value: String(one), title: String(one) })));
  list.value = String(+value);
}

// Details that close when one clicks elsewhere, or with Escape.
function folded(title) {
  const box = make("details", "more");
  const summary = box.appendChild(make("summary", "", title));
  box.addEventListener("focusout", (event) => { if (event.relatedTarget && !box.contains(event.relatedTarget)) box.open = false; });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    box.open = false;
    summary.focus();
  });
  const away = (event) => { if (!box.contains(event.target)) box.open = false; };
  box.addEventListener("toggle", () => {
    document[box.open ? "addEventListener" : "removeEventListener"]("pointerdown", away);
  });
  return box;
}

// A slider; a value beyond it, or between its steps, is shown as it is.
function slider(label, least, most, step, shown, change) {
  const box = make("label", "slider");
  const words = make("span"), input = make("input");
  let held = false;
  input.type = "range";
  box.append(words, input);
  const tell = (value) => write(words, `${label}: ${shown(value)}`);
  const even = (value) => +(least + step * Math.round((value - least) / step)).toFixed(6);
  const chosen = () => Math.min(input.max, Math.max(input.min, even(input.value)));
  input.addEventListener("input", () => { held = true; tell(chosen()); });
  input.addEventListener("change", () => { held = false; change(chosen()); });
  return { box, set: (value) => {
    if (held) return;
    const bounds = { min: Math.min(least, value), max: Math.max(most, value), step: even(value) === value ? step : "any" };
    Object.assign(input, bounds);
    input.value = value;
    tell(value);
  } };
}

function panel(left, player, data) {
  left.append(make("h3", "", "Data"));
  const which = left.appendChild(network(player, data));
  const sets = left.appendChild(make("div", "sets"));
  const pictures = [OWN, ...data.data].map((one) => picture(one, player, sets));
  const own = left.appendChild(make("p", "caption"));
  const [leastNoise, mostNoise] = data.bounds.noise;
  const percent = (value) => `${+(100 * value).toFixed(1)} %`;
  const test = slider("Share of test data", ...data.bounds.test, 0.1, percent, (value) => player.change({ test: value }));
  const noise = slider("Noise", leastNoise, mostNoise, 0.05, percent, (value) => player.change({ noise: value }));
  const samples = slider("Points", 50, 2000, 50, String, (value) => player.change({ samples: value }));
  const batch = slider("Batch size", 1, 100, 1, String, (value) => player.change({ batch: value }));
  const again = button("plain", "Other points", "Draw the points anew", () =>
    player.change({ draw: Math.floor(Math.random() * 1e6) }));
  left.append(test.box, noise.box, samples.box, batch.box, again);
  let flat = true, task = "";  // whether the network reads points of the plane, and what it learns
  const views = () => {
    const chosen = player.settings.data ?? (player.simple ? data.first[player.value("problem")] : "");
    if (player.simple) flat = true;
    else if (player.opening) ({ flat, task } = player.opening);
    else if (player.refused && !player.accepted) flat = false;
    for (const one of pictures) one(chosen, player.simple ? player.value("problem") : task);
    const ours = player.simple || chosen;
    const painted = chosen === "DrawnByHand";
    for (const one of [noise, samples]) one.box.hidden = !ours || painted;
    test.box.hidden = !ours;
    again.hidden = !ours || painted;
    sets.hidden = !flat;
    own.hidden = Boolean(ours);
    write(own, player.opening && !ours ? `${player.opening.name}: its own data, `
      + `${player.opening.train.count.toLocaleString("en")} examples to learn from.` : "");
    test.set(+player.value("test"));
    noise.set(+player.value("noise"));
    samples.set(+player.value("samples"));
    batch.set(+(player.settings.batch ?? player.opening?.engine.batch ?? 10));
  };
  let known = null;
  return (what) => {
    which.show();
    if (what === "frame" && player.opening === known) return;
    known = player.opening;
    views();
  };
}

function network(player, data) {
  let kept = {};  // of the simple network, for who comes back to it
  const all = [{ value: "simple:", title: NETWORKS.simple },
    ...data.templates.map((one) => ({ value: `template:${one.name}`, title: one.title, group: `${NETWORKS.template}: ${one.group}` })),
    ...data.projects.map((one) => ({ value: `project:${one.id}`, title: one.title, group: NETWORKS.project }))];
  const field = choose("Play with", all, (value) => {
    const [kind, name] = [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];
    if (player.simple) {
      player.settle();
      kept = { ...player.settings };
    }
    player.choose(kind === "simple" ? kept : { [kind]: name });
  });
  field.box.classList.add("wide");
  field.box.show = () => {
    const { template, project } = player.settings;
    field.list.value = template ? `template:${template}` : project ? `project:${project}` : "simple:";
  };
  return field.box;
}

function picture(one, player, sets) {
  const chip = button("set", "", one.title, () => player.change(one === OWN ? { data: null, problem: null }
    : one.problem ? { data: one.kind, problem: one.problem, loss: null } : { data: one.kind, problem: player.opening?.task ?? null }));
  chip.dataset.kind = one.kind;
  const canvas = chip.appendChild(make("canvas"));
  chip.append(make("span", "", one.title));
  chip.title = one.help;
  canvas.width = canvas.height = 88;
  sets.append(chip);
  const draw = () => {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, 88, 88);
    if (!one.points.length) {
      context.font = "44px sans-serif";
      context.textAlign = "center";
      context.fillStyle = dark(canvas) ? "#E6E9F0" : "#1B1F2A";
      context.fillText(one === OWN ? "⌂" : "✎", 44, 60);
    }
    for (const [x, y, value] of one.points) {
      const sign = one.problem === "classification" ? 2 * value - 1 : value;
      context.fillStyle = css(signColour(sign), one.problem === "classification" ? 1 : Math.min(1, 0.15 + Math.abs(sign)));
      context.beginPath();
      context.arc(44 + 6.6 * x, 44 - 6.6 * y, 3, 0, 7);
      context.fill();
    }
  };
  draw();
  return (chosen, problem) => {
    chip.hidden = one === OWN ? player.simple : Boolean(one.problem) && one.problem !== problem;
    chip.setAttribute("aria-pressed", String(chosen === one.kind));
  };
}

// What went wrong, and the buttons that mend it.
function told(box, player) {
  box.setAttribute("role", "alert");
  box.hidden = true;
  let high = null;  // what is told of a loss that is high, until it is as low as it was at first
  const words = box.appendChild(make("span"));
  const rate = box.appendChild(button("plain", "", "", () => player.mend({ lr: (player.broken ?? high).lr })));
  const undo = box.appendChild(button("plain", "Undo this change", "Go back to what was there before", () => player.undo()));
  const usual = box.appendChild(button("plain", "Start from the usual settings", "", () => player.choose({})));
  return (what) => {
    const { broken, painting, accepted, frame } = player;
    const refused = painting ? null : player.refused;
    if (["restart", "settings"].includes(what) || frame?.train.loss <= player.history[0]?.train) high = null;
    high ??= frame?.far ?? null;
    const far = broken || refused ? null : high;
    const problem = refused?.problems?.[0];
    const text = broken?.words ?? (refused ? (problem ? `${problem.message} ${problem.fix}` : refused.error)
      : (player.lost ? `No answer: ${player.lost}` : "") || player.hint || far?.words || "");
    box.hidden = !text;
    box.dataset.level = broken ? "error" : "warning";
    write(words, text);
    rate.hidden = !(broken || (far && text === far.words));
    write(rate, `Start again with learning rate ${(broken ?? far)?.lr}`);
    undo.hidden = !(refused && accepted);
    usual.hidden = !refused;
  };
}
