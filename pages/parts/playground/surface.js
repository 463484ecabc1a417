// The answer over the plane, large, with the points; or the heat map of the unit that the pointer is on. Points of one's
// own are painted here.

import { button, classColour, css, dark, faded, make, number, paint, signColour, write } from "./parts.js";

const HINT = "Paint on the plane. With the keyboard: arrows move, the space bar paints.";
const EMPTY = { low: [-6, -6], high: [6, 6], names: ["x₁", "x₂"], units: [[0, 1], [0, 1]], words: "" };

export function surface(box, player, data) {
  const title = box.appendChild(make("h3", "", "Output"));
  const frame = box.appendChild(make("div", "surface"));
  const map = frame.appendChild(make("canvas", "map"));
  const over = frame.appendChild(make("canvas", "over"));
  map.setAttribute("role", "img");
  over.setAttribute("aria-hidden", "true");
  const axis = { bottom: box.appendChild(make("div", "axis")), words: make("p", "caption") };
  const legend = box.appendChild(make("div", "legend"));
  const below = box.appendChild(make("div", "switches"));
  below.append(
    toggle("Show test data", (on) => { player.shown.test = on; draw(); }),
    toggle("Discretise output", (on) => { player.shown.discrete = on; draw(); }));
  const brush = painting(box, frame, player, data, () => draw());
  box.append(axis.words);

  const plane = () => player.opening?.plane ?? EMPTY;
  const place = (x, y, size) => {
    const { low, high } = plane();
    return [((x - low[0]) / (high[0] - low[0])) * size, (1 - (y - low[1]) / (high[1] - low[1])) * size];
  };
  const colour = (value) => {
    const { classes, task, range } = player.opening ?? { classes: ["", ""], task: player.value("problem"), range: [-1, 1] };
    if (task === "classification") return css(classColour(value, classes.length));
    const at = (2 * (value - range[0])) / (range[1] - range[0]) - 1;
    return css(faded(signColour(at), 0.25 + 0.75 * Math.min(1, Math.abs(at)), dark(over)));
  };

  const dots = (context, part, size, hollow) => {
    part.x.forEach((x, at) => {
      const [left, top] = place(x, part.y[at], size);
      if (left < -4 || top < -4 || left > size + 4 || top > size + 4) return;
      context.beginPath();
      context.arc(left, top, hollow ? 3.2 : 3.4, 0, 7);
      context.fillStyle = colour(part.value[at]);
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = hollow ? (dark(over) ? "#FFF" : "#111") : (dark(over) ? "rgba(15,18,24,.8)" : "#FFF");
      context.stroke();
    });
  };

  function draw() {
    const size = frame.clientWidth || 300, ratio = Math.min(devicePixelRatio || 1, 2);
    if (over.width !== Math.round(size * ratio)) over.width = over.height = Math.round(size * ratio);
    const context = over.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size, size);
    const { frame: now, opening } = player;
    if (now && opening) {
      const count = opening.side ** 2;
      if (hovered()) {
        paint(map, now.planes.subarray(now.planes.length - count), opening.side, dark(map));
      } else paint(map, now.planes.subarray(0, now.surfaces * count), opening.side, dark(map), player.shown.discrete);
      dots(context, opening.train, size, false);
      if (player.shown.test || brush.on()) dots(context, opening.test, size, true);
    } else if (player.refused) map.getContext("2d").clearRect(0, 0, map.width, map.height);
    brush.draw(context, size, place, colour);
  }

  const hovered = () => {
    const seen = player.frame?.look, [cell, unit] = player.hover ?? [];
    return seen && seen.nodes.length && seen.cell === cell && seen.unit === unit;
  };
  const looked = () => player.frame.look.nodes[player.frame.look.nodes.length - 1];
  const name = () => (hovered() ? `${looked().node}, unit ${player.frame.look.unit + 1}` : "Output");
  const tellAxis = () => {
    const { low, high, names, units, words } = plane();
    const told = (at, value) => number(value * units[at][1] + units[at][0]).replace(/\.0+$|(\.\d*[1-9])0+$/, "$1");
    const name = (at) => names[at].replace(/^x([12])$/, (_, one) => (one === "1" ? "x₁" : "x₂"));
    const from = (at, arrow) => `${arrow} ${name(at)}: ${told(at, low[at])} to ${told(at, high[at])}`;
    axis.bottom.replaceChildren(make("span", "", from(0, "→")), make("span", "", from(1, "↑")));
    write(axis.words, words);
  };
  new ResizeObserver(draw).observe(frame);
  const planes = planeChoice(box, player);
  let known = "";
  return (what) => {
    if (what === "rest" || (player.opening && known !== player.opening)) { known = player.opening; tellAxis(); planes(); legends(legend, player); }
    if (title.textContent !== name()) legends(legend, player, hovered() ? looked().scale : 0);
    write(title, name());
    if (what === "rest") map.setAttribute("aria-label", `${name()} over ${plane().names.join(" and ")}, after step ${player.step}`);
    brush.show();
    draw();
  };
}

function toggle(label, change) {
  const box = make("label", "switch");
  const input = make("input");
  input.type = "checkbox";
  input.addEventListener("change", () => change(input.checked));
  box.append(input, make("span", "", label));
  return box;
}

// What colours mean: of the unit that is looked at a scale from −size to size, else values or classes.
function legends(box, player, size = 0) {
  const { opening } = player;
  box.replaceChildren();
  if (!opening) return;
  if (size || opening.task === "regression") {
    const [low, high] = size ? [-size, size] : opening.range;
    box.append(make("span", "", number(low)), make("i", "ramp"), make("span", "", number(high)));
    return;
  }
  opening.classes.slice(0, 10).forEach((title, at) => {
    const one = make("span", "class", title);
    const dot = make("i");
    dot.style.background = css(classColour(at, opening.classes.length));
    one.prepend(dot);
    box.append(one);
  });
}

// For inputs of many numbers: which plane is cut through them.
function planeChoice(box, player) {
  const row = box.appendChild(make("div", "planes"));
  const lists = [0, 1].map((place) => {
    const list = row.appendChild(make("select"));
    list.setAttribute("aria-label", `Column of axis ${place + 1}`);
    list.addEventListener("change", () => {
      const [first, second] = lists.map((one) => one.value);
      player.change({ plane: first === "pca" || second === "pca" ? (first === second || list.value === "pca" ? "pca"
        : `${list.value},${+list.value ? 0 : 1}`) : first === second ? `${first},${+first ? 0 : 1}` : `${first},${second}` });
    });
    return list;
  });
  return () => {
    const columns = player.opening?.columns ?? [];
    row.hidden = columns.length < 3;
    const chosen = (player.settings.plane ?? "pca").split(",");
    lists.forEach((list, place) => {
      if (list.options.length !== columns.length + 1) {
        list.replaceChildren(new Option("Principal components", "pca"), ...columns.map((title, at) => new Option(title, String(at))));
      }
      list.value = chosen[place] ?? "pca";
      if (place) list.hidden = chosen.length < 2;
    });
  };
}

// Painting: a colour (or a value), and strokes of points.
function painting(box, frame, player, data, draw) {
  const row = box.appendChild(make("div", "brushes"));
  const edge = data.edge;
  let value = 1, points = [], last = null, at = [0, 0];
  const colours = [[-1, "Orange"], [1, "Blue"]].map(([sign, title]) => {
    const one = button("plain", title, `Paint ${title.toLowerCase()} points`, () => { value = sign * Math.abs(value); show(); });
    one.dataset.sign = sign;
    row.append(one);
    return one;
  });
  const clear = button("plain", "Clear", "Remove all painted points", () => { points = []; send(); });
  const hint = make("span", "caption");
  row.append(clear, hint);
  const on = () => player.settings.data === "DrawnByHand";
  const send = () => player.change({ points: encode(points, data) || null });
  const add = (x, y) => {
    const far = !last || Math.hypot(x - last[0], y - last[1]) > 0.35;
    if (!far || points.length >= data.mostPainted || Math.max(Math.abs(x), Math.abs(y)) > edge) return;
    points.push([x, y, value]);
    last = [x, y];
    draw();
  };
  const where = (event) => {
    const seen = frame.getBoundingClientRect();
    return [(2 * edge * (event.clientX - seen.left)) / seen.width - edge, edge - (2 * edge * (event.clientY - seen.top)) / seen.height];
  };
  frame.addEventListener("pointerdown", (event) => {
    if (!on()) return;
    frame.setPointerCapture(event.pointerId);
    frame.dataset.painting = "1";
    last = null;
    add(...where(event));
  });
  frame.addEventListener("pointermove", (event) => { if (frame.dataset.painting) add(...where(event)); });
  const end = () => { if (frame.dataset.painting) { delete frame.dataset.painting; send(); } };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
  frame.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-0.5, 0], ArrowRight: [0.5, 0], ArrowUp: [0, 0.5], ArrowDown: [0, -0.5] };
    if (!on()) return;
    if (event.key === " ") { last = null; add(...at); send(); }
    else if (event.key in moves) at = at.map((one, place) => Math.min(edge, Math.max(-edge, one + moves[event.key][place])));
    else return;
    event.preventDefault();
    draw();
  });
  const show = () => {
    row.hidden = !on();
    write(hint, player.painting ? `${player.refused.problems[0].message} ${player.refused.problems[0].fix}` : HINT);
    frame.classList.toggle("paints", on());
    frame.tabIndex = on() ? 0 : -1;
    for (const one of colours) one.setAttribute("aria-pressed", String(Math.sign(value) === +one.dataset.sign));
    if (on() && !frame.dataset.painting) points = read(player.settings.points ?? "", data);
  };
  return {
    on,
    show,
    draw: (context, size, place) => {
      if (!on()) return;
      for (const [x, y, one] of player.opening && !frame.dataset.painting ? [] : points) {
        const [left, top] = [((x + edge) / (2 * edge)) * size, ((edge - y) / (2 * edge)) * size];
        context.beginPath();
        context.arc(left, top, 3.4, 0, 7);
        context.fillStyle = css(signColour(one));
        context.fill();
      }
      if (frame.matches(":focus-visible")) {
        const [left, top] = place(at[0], at[1], size);
        context.strokeStyle = css(signColour(value));
        context.strokeRect(left - 5, top - 5, 10, 10);
      }
    },
  };
}

function encode(points, data) {
  const bytes = points.flatMap(([x, y, value]) => [x / data.edge, y / data.edge, value].map((one) => Math.round(one * data.unit) & 255));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function read(text, data) {
  const bytes = [...atob(text.replace(/-/g, "+").replace(/_/g, "/"))].map((one) => (one.charCodeAt(0) << 24) >> 24);
  return Array.from({ length: Math.floor(bytes.length / 3) }, (_, at) =>
    [(bytes[3 * at] / data.unit) * data.edge, (bytes[3 * at + 1] / data.unit) * data.edge, bytes[3 * at + 2] / data.unit]);
}
