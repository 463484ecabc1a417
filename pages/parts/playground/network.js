// The network: a heat map for each unit, edges as wide as their weights, layers and units to add and take away. A click on a
// unit opens its card, where its bias and the weights that enter it are changed by hand.

import { unitCard } from "./card.js";
import { button, css, dark, make, number, paint, signColour, write } from "./parts.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 38, GAP = 12, HEAD = 50;
const LEAST = 76;  // between two columns, so that − and + have room

export function network(box, player, data) {
  const head = box.appendChild(make("div", "head"));
  const title = head.appendChild(make("h3"));
  const buttons = head.appendChild(make("div", "buttons"));
  const fewer = button("square", "−", "Remove the last hidden layer", () => layers((all) => all.slice(0, -1)));
  const another = button("square", "+", "Add a hidden layer", () => layers((all) => [...all, all[all.length - 1] ?? 4]));
  const open = button("plain", "Open in Build", "Make a project of network, data and settings; it starts from its first weights",
    () => {
      if (player.playing) player.toggle();
      player.open(player.settled());
    });
  buttons.append(fewer, another, open);
  const features = box.appendChild(make("div", "features"));
  const chips = data.features.map((one) => features.appendChild(featureChip(one, player)));
  const scroll = box.appendChild(make("div", "scroll"));
  const stage = scroll.appendChild(make("div", "stage"));
  const card = unitCard(box, player);
  const note = box.appendChild(make("p", "caption"));
  let drawn = null;

  const hidden = () => player.value("layers").split(",").filter(Boolean).map(Number);
  const layers = (change) => player.change({ layers: change(hidden()).join(",") });
  const heading = () => {
    const count = hidden().length;
    write(title, player.simple ? `${count} hidden layer${count === 1 ? "" : "s"}` : (player.opening?.name ?? "Network"));
    for (const one of [features, fewer, another]) one.hidden = !player.simple;
    fewer.disabled = !count;
    another.disabled = count >= data.mostLayers;
    open.disabled = Boolean(player.refused);
    for (const one of chips) one.show();
  };
  // The first visitor waits until the process that trains is there.
  const waiting = () => {
    if (player.refused) { stage.replaceChildren(); drawn = null; }
    if (!drawn) write(note, player.refused ? "" : "Starting … the first time this takes some seconds.");
  };
  const view = () => {
    heading();
    const { opening, frame } = player;
    if (!opening || !frame) { waiting(); return; }
    if (drawn?.opening !== opening) {
      const focused = stage.contains(document.activeElement) ? document.activeElement.title : "";
      player.hover = null;
      drawn = { opening, ...build(stage, player, card, { hidden, layers, data }) };
      if (focused) [...stage.querySelectorAll("button")].find((one) => one.title === focused)?.focus();
      write(note, notes(opening, player));
    }
    drawn.draw(frame);
    card.draw(frame);
  };
  new ResizeObserver(() => { if (player.opening && player.frame) { drawn = null; view("frame"); } }).observe(scroll);
  return view;
}

function notes(opening, player) {
  const wide = opening.cells.filter((one) => one.shown.length < one.units);
  const told = [];
  if (wide.length) told.push(`Of wide nodes ${wide[0].shown.length} units are drawn: the first ones; of maps, the middle of each channel.`);
  if (opening.leftOut) told.push(`${opening.leftOut} nodes in the middle are left out.`);
  if (!player.simple) told.push("To change this network, open it in Build.");
  told.push("Point at a unit to see it large; click it, or an edge, to look closer and change weights.");
  return told.join(" ");
}

function featureChip(one, player) {
  const chip = button("chip", one.title, `Feature ${one.title}`, () => {
    const now = player.value("features").split(",");
    const next = now.includes(one.name) ? now.filter((name) => name !== one.name) : [...now, one.name];
    if (next.length) player.change({ features: next.join(",") });
  });
  chip.show = () => chip.setAttribute("aria-pressed", String(player.value("features").split(",").includes(one.name)));
  return chip;
}

// Where each unit stands, and what is drawn of it.
function build(stage, player, card, edit) {
  const { opening } = player;
  stage.replaceChildren();
  const svg = stage.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("aria-hidden", "true");
  const depths = [...new Set(opening.cells.map((one) => one.depth))].sort((a, b) => a - b);
  const across = Math.max(LEAST, Math.min(190, (stage.parentElement.clientWidth - 78) / Math.max(depths.length - 1, 1)));
  const units = new Map();
  const head = player.simple ? HEAD : HEAD - 22;
  let bottom = 0;
  depths.forEach((depth, column) => {
    let top = 0;
    for (const cell of opening.cells.filter((one) => one.depth === depth)) {
      const label = stage.appendChild(make("div", "cell-title", cell.title));
      label.title = cell.title;
      Object.assign(label.style, { left: `${column * across}px`, top: `${top}px`, width: `${across - 8}px` });
      if (player.simple && /^hidden\d+$/.test(cell.nodes[0])) stage.append(neurons(cell, column * across, top, edit));
      for (let unit = 0; unit < cell.shown.length; unit += 1) {
        const spot = { left: column * across + 14, top: top + head + unit * (SIZE + GAP) };
        units.set(`${cell.id} ${unit}`, { ...spot, cell, unit, ...unitBox(stage, spot, cell, unit, player, card) });
      }
      top += head + cell.shown.length * (SIZE + GAP) + 6;
    }
    bottom = Math.max(bottom, top);
  });
  const width = (depths.length - 1) * across + 76;
  Object.assign(stage.style, { width: `${width}px`, height: `${bottom}px` });
  svg.setAttribute("width", width);
  svg.setAttribute("height", bottom);
  const edges = wires(svg, units, player, card);
  return { draw: (frame) => { heat(units, player, frame); edges(frame); } };
}

function neurons(cell, left, top, { hidden, layers, data }) {
  const place = +cell.nodes[0].slice(6) - 1;
  const row = make("div", "neurons");
  Object.assign(row.style, { left: `${left}px`, top: `${top + 18}px` });
  const set = (by) => layers((all) => all.map((one, at) => (at === place ? one + by : one)));
  const less = button("square small", "−", `Fewer neurons in layer ${place + 1}`, () => set(-1));
  const more = button("square small", "+", `More neurons in layer ${place + 1}`, () => set(1));
  less.disabled = hidden()[place] <= 1;
  more.disabled = hidden()[place] >= data.mostUnits;
  row.append(less, make("span", "", String(cell.units)), more);
  return row;
}

function unitBox(stage, spot, cell, unit, player, card) {
  const name = cell.names[unit] ?? "";
  const told = `${cell.title}, ${name || `unit ${cell.shown[unit] + 1} of ${cell.units}`}`;
  const one = stage.appendChild(button("unit", "", told, () => card.open(cell, unit, one)));
  one.dataset.unit = `${cell.id} ${unit}`;
  Object.assign(one.style, { left: `${spot.left}px`, top: `${spot.top}px` });
  const canvas = one.appendChild(make("canvas"));
  if (name) one.append(make("span", "name", name));
  for (const kind of ["pointerenter", "focus"]) one.addEventListener(kind, () => player.hoverAt([cell.id, cell.shown[unit]]));
  for (const kind of ["pointerleave", "blur"]) one.addEventListener(kind, () => player.hoverAt(null));
  const bias = one.appendChild(make("i", "bias"));
  return { canvas, bias, button: one };
}

function heat(units, player, frame) {
  const { side, small, cells } = player.opening;
  const count = small * small;
  let from = frame.surfaces * side * side;
  for (const cell of cells) {
    const bias = frame.biases[cell.id]?.values;
    for (let unit = 0; unit < cell.shown.length; unit += 1, from += count) {
      const one = units.get(`${cell.id} ${unit}`);
      paint(one.canvas, frame.planes.subarray(from, from + count), small, dark(one.canvas));
      if (!bias) { one.bias.hidden = true; continue; }
      one.bias.style.background = css(signColour(bias[unit]), Math.min(1, 0.25 + Math.abs(bias[unit])));
      one.bias.title = `Bias ${number(bias[unit])}`;
    }
  }
}

// Curves between units; of Linear layers as wide as the weight. Elsewhere a thin one between nodes.
function wires(svg, units, player, card) {
  const line = (from, to, className) => {
    const [x1, y1] = [from.left + SIZE + 2, from.top + SIZE / 2 + 1], [x2, y2] = [to.left, to.top + SIZE / 2 + 1];
    const bend = Math.max(18, (x2 - x1) / 2);
    const path = svg.appendChild(document.createElementNS(SVG, "path"));
    path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
    path.setAttribute("class", className);
    return path;
  };
  const drawn = player.frame.edges.map((edge) => {
    const lines = [];
    const at = (id, unit) => units.get(`${id} ${unit}`);
    if (!edge.weights) {
      for (let unit = 0; at(edge.to, unit) && unit < 8; unit += 1) {
        const from = at(edge.from, unit) ?? at(edge.from, 0);
        if (from) line(from, at(edge.to, unit), "link");
      }
      return lines;
    }
    edge.weights.forEach((row, unit) => row.forEach((_, source) => {
      const from = at(edge.from, source), to = at(edge.to, unit);
      if (!from || !to) return;
      const path = line(from, to, "wire"), touch = line(from, to, "touch");
      const tip = touch.appendChild(document.createElementNS(SVG, "title"));
      touch.addEventListener("click", () => card.open(to.cell, unit, to.button, source));
      touch.addEventListener("pointerenter", () => path.classList.add("near"));
      touch.addEventListener("pointerleave", () => path.classList.remove("near"));
      lines.push({ path, tip, unit, source });
    }));
    return lines;
  });
  return (frame) => frame.edges.forEach((edge, number_) => {
    for (const { path, tip, unit, source } of drawn[number_] ?? []) {
      const weight = edge.weights[unit][source];
      path.style.stroke = css(signColour(weight));
      path.style.strokeWidth = (0.6 + 1.9 * Math.min(Math.abs(weight), 5)).toFixed(2);
      path.style.opacity = Math.min(1, 0.3 + Math.abs(weight)).toFixed(2);
      write(tip, `Weight ${number(weight)}: click to change it`);
    }
  });
}
