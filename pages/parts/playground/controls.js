// What can be set: the row above (play, rates, activation …), the panel of the data, and what was refused.

import { button, choose, css, dark, fill, icon, make, number, signColour, write } from "./parts.js";
import { SPEEDS } from "./player.js";

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
    sign.show(player.playing ? "pause" : "play");
    play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    play.title = player.playing ? "Pause" : "Play";
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
  const own = (list, value) => (list.some((one) => one.value === String(value)) || value === undefined ? list
    : [...list, { value: String(value), title: number(+value) }]);
  const rates = data.rates.map((one) => ({ value: String(one), title: String(one) }));
  const penalties = data.penalties.map((one) => ({ value: String(one), title: String(one) }));
  const rate = choose("Learning rate", rates, (value) => player.tune("lr", value));
  const activation = choose("Activation", options(data.activations), (activation) => player.change({ activation }));
  const penalty = choose("Regularisation", [{ value: "none", title: "None" }, { value: "L1", title: "L1" },
    { value: "L2", title: "L2" }], (value) => player.change({ penalty: value }));
  const strength = choose("Its rate", penalties, (value) => player.tune("rate", value));
  const problem = choose("Problem", [{ value: "classification", title: "Classification" },
    { value: "regression", title: "Regression" }], (value) => player.change({ problem: value, data: null, loss: null }));
  const more = make("details", "more");
  more.append(make("summary", "", "More"));
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
    fill(rate.list, own(rates, lr));
    rate.list.value = String(+lr);
    activation.list.value = player.value("activation");
    activation.box.hidden = problem.box.hidden = !player.simple;
    penalty.list.value = player.settings.penalty ?? (engine?.l1 ? "L1" : engine?.l2 ? "L2" : "none");
    const force = player.rate("rate") ?? (engine?.l1 || engine?.l2 || data.usual.rate);
    fill(strength.list, own(penalties, force));
    strength.list.value = String(+force);
    strength.list.disabled = penalty.list.value === "none";
    problem.list.value = player.value("problem");
    optimiser.list.value = player.settings.optimiser ?? engine?.optimiser ?? "SGD";
    fill(loss.list, options(data.losses[task] ?? []));
    loss.list.value = player.settings.loss ?? engine?.loss ?? data.loss[task];
    loss.box.hidden = !player.simple;
  };
}

function slider(label, least, most, step, shown, change) {
  const box = make("label", "slider");
  const words = make("span"), input = make("input");
  input.type = "range";
  Object.assign(input, { min: least, max: most, step });
  box.append(words, input);
  const tell = () => write(words, `${label}: ${shown(+input.value)}`);
  input.addEventListener("input", tell);
  input.addEventListener("change", () => change(+input.value));
  return { box, set: (value) => { if (document.activeElement !== input || +input.value === value) input.value = value; tell(); } };
}

function panel(left, player, data) {
  left.append(make("h3", "", "Data"));
  const which = left.appendChild(network(player, data));
  const sets = left.appendChild(make("div", "sets"));
  const pictures = data.data.map((one) => picture(one, player, sets));
  const own = left.appendChild(make("p", "caption"));
  const [leastNoise, mostNoise] = data.bounds.noise;
  const percent = (value) => `${Math.round(100 * value)} %`;
  const test = slider("Share of test data", ...data.bounds.test, 0.1, percent, (value) => player.change({ test: value }));
  const noise = slider("Noise", leastNoise, mostNoise, 0.05, percent, (value) => player.change({ noise: value }));
  const samples = slider("Points", 50, 2000, 50, String, (value) => player.change({ samples: value }));
  const batch = slider("Batch size", 1, 100, 1, String, (value) => player.change({ batch: value }));
  const again = button("plain", "Other points", "Draw the points anew", () =>
    player.change({ draw: Math.floor(Math.random() * 1e6) }));
  left.append(test.box, noise.box, samples.box, batch.box, again);
  const views = () => {
    const chosen = player.settings.data ?? (player.simple ? data.first[player.value("problem")] : "");
    const problem = player.value("problem");
    for (const one of pictures) one(chosen, problem);
    const ours = player.simple || chosen;
    const painted = chosen === "DrawnByHand";
    for (const one of [noise, samples]) one.box.hidden = !ours || painted;
    test.box.hidden = !ours;
    again.hidden = !ours || painted;
    sets.hidden = !player.simple;
    own.hidden = player.simple;
    write(own, player.opening && !player.simple ? `${player.opening.name}: its own data, `
      + `${player.opening.train.count.toLocaleString("en")} examples to learn from.` : "");
    test.set(+player.value("test"));
    noise.set(+player.value("noise"));
    samples.set(+player.value("samples"));
    batch.set(+(player.settings.batch ?? player.opening?.engine.batch ?? 10));
  };
  return (what) => { which.show(); if (what !== "frame" || player.frames < 3) views(); };
}

function network(player, data) {
  const all = [{ value: "simple:", title: NETWORKS.simple },
    ...data.templates.map((one) => ({ value: `template:${one.name}`, title: one.title, group: `${NETWORKS.template}: ${one.group}` })),
    ...data.projects.map((one) => ({ value: `project:${one.id}`, title: one.title, group: NETWORKS.project }))];
  const field = choose("Play with", all, (value) => {
    const [kind, name] = [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];
    player.playing = false;
    player.settings = kind === "simple" ? {} : { [kind]: name };
    player.change({});
  });
  field.box.classList.add("wide");
  field.box.show = () => {
    const { template, project } = player.settings;
    field.list.value = template ? `template:${template}` : project ? `project:${project}` : "simple:";
  };
  return field.box;
}

function picture(one, player, sets) {
  const chip = button("set", "", one.title, () => player.change(one.problem ? { data: one.kind, problem: one.problem, loss: null }
    : { data: one.kind }));
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
      context.fillText("✎", 44, 60);
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
    chip.hidden = Boolean(one.problem) && one.problem !== problem;
    chip.setAttribute("aria-pressed", String(chosen === one.kind));
  };
}

// What went wrong, and the button that mends it.
function told(box, player) {
  box.setAttribute("role", "alert");
  box.hidden = true;
  const words = box.appendChild(make("span"));
  const mend = box.appendChild(button("plain", "", "", () => {
    if (player.broken) { const lr = player.broken.lr; player.settle(); player.change({ lr }); player.toggle(); return; }
    player.settings = {};
    player.change({});
  }));
  return () => {
    const lost = player.lost ? `No answer: ${player.lost}` : "";
    const problem = player.refused?.problems?.[0];
    const painting = player.refused && player.value("data") === "DrawnByHand" && problem?.field === "points";
    const text = player.broken?.words ?? (player.refused ? (problem ? `${problem.message} ${problem.fix}` : player.refused.error) : lost || player.hint);
    box.hidden = !text;
    box.dataset.level = player.broken ? "error" : painting ? "info" : "warning";
    write(words, text);
    mend.hidden = !(player.broken || (player.refused && !painting));
    write(mend, player.broken ? `Start again with learning rate ${player.broken.lr}` : "Start from the usual settings");
  };
}
