// The card of a unit: its heat maps large, and its bias and the weights that enter it, to be changed by hand.

import { button, dark, make, number, paint, write } from "./parts.js";

const LARGEST = 1e6;  // a weight that may be typed

export function unitCard(box, player) {
  const card = box.appendChild(make("div", "card"));
  card.hidden = true;
  card.setAttribute("role", "dialog");
  let open = null, fields = [], pictures = null;
  const close = () => { card.hidden = true; open?.from.focus(); open = null; player.lookAt(null); };
  card.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  const field = (label, name, value) => {
    const row = make("label", "weight");
    const input = make("input");
    Object.assign(input, { type: "number", step: "any", min: -LARGEST, max: LARGEST, value: String(value) });
    input.addEventListener("change", () => {
      const wanted = input.valueAsNumber;
      if (Math.abs(wanted) <= LARGEST) player.byHand(name, wanted);
      else input.value = String(fields.find((one) => one.input === input).value);
    });
    row.append(make("span", "", label), input);
    card.append(row);
    fields.push({ name, input, value });
    return input;
  };
  const values = (frame) => {
    const told = [];
    const bias = frame.biases[open.cell.id];
    if (bias) told.push({ label: "Bias", name: `${bias.node}.bias.${open.unit}`, value: bias.values[open.unit] });
    for (const edge of frame.edges.filter((one) => one.to === open.cell.id && one.weights)) {
      edge.weights[open.unit].forEach((value, source) => {
        const from = player.opening.cells.find((one) => one.id === edge.from);
        told.push({ label: from.names[source] ?? `${from.title}, unit ${source + 1}`, source,
          name: `${edge.node}.weight.${open.unit}.${source}`, value });
      });
    }
    return told;
  };
  const sources = (frame) => frame.edges.filter((one) => one.to === open.cell.id && one.weights)
    .map((edge) => player.opening.cells.find((one) => one.id === edge.from));
  const fill = (cell, unit, from) => {
    open = { cell, unit, from, opening: player.opening };
    fields = [];
    const title = `${cell.title}, ${cell.names[unit] ?? `unit ${cell.shown[unit] + 1}`}`;
    card.replaceChildren(make("b", "", title), button("square", "×", "Close", close));
    card.setAttribute("aria-label", title);
    const told = values(player.frame);
    if (!told.length) card.append(make("p", "caption", "It has no weights that can be changed here."));
    const wide = sources(player.frame).find((one) => one.shown.length < one.units);
    if (wide) card.append(make("p", "caption", `The first ${wide.shown.length} of ${wide.units.toLocaleString("en")} weights are shown.`));
    card.append(pictures = make("div", "pictures"));
    return [told, told.map((one) => field(one.label, one.name, one.value))];
  };
  // Of another network of the same shape it is the same unit; else nobody's.
  const stay = () => {
    if (open.opening === player.opening) return true;
    const cell = player.opening.cells.find((one) => one.id === open.cell.id);
    if (cell && open.unit < cell.shown.length) { fill(cell, open.unit, open.from); return true; }
    card.hidden = true;
    open = null;
    player.lookAt(null);
    return false;
  };
  return {
    open: (cell, unit, from, source) => {
      const [told, inputs] = fill(cell, unit, from);
      card.hidden = false;
      const wanted = told.findIndex((one) => one.source === source && source !== undefined);
      inputs[wanted < 0 ? 0 : wanted]?.focus();
      player.lookAt([cell.id, cell.shown[unit]]);
    },
    draw: (frame) => {
      if (!open || !stay()) return;
      large(pictures, frame, open, player.opening.side);
      for (const { name, value } of values(frame)) {
        const one = fields.find((known) => known.name === name);
        if (!one || player.typed.has(name)) continue;
        one.value = value;
        if (document.activeElement !== one.input) one.input.value = String(value);
      }
    },
  };
}

// What the unit gives before its activation and after it, large.
function large(box, frame, open, side) {
  const look = frame.look;
  if (!look || look.cell !== open.cell.id || look.unit !== open.cell.shown[open.unit]) return;
  const count = side * side, start = frame.planes.length - look.nodes.length * count;
  while (box.children.length < look.nodes.length) {
    const one = box.appendChild(make("figure"));
    one.append(make("canvas"), make("figcaption"));
  }
  look.nodes.forEach(({ node, scale }, at) => {
    const [canvas, words] = box.children[at].children;
    paint(canvas, frame.planes.subarray(start + at * count, start + (at + 1) * count), side, dark(canvas));
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `What ${node} gives over the plane, from −${number(scale)} to ${number(scale)}`);
    write(words, `${node} (±${number(scale)})`);
  });
}
