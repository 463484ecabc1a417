// A grid of pixels. A stroke adds ink where the pointer is and a little around it, as a pen does; with the keyboard,
// arrows move and the space bar inks or wipes.

const pads = new WeakMap();
const AROUND = 0.35;

function build(parent, height, width) {
  const pad = document.createElement("div");
  pad.className = "pixel-pad";
  pad.tabIndex = 0;
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", `Drawing of ${height} by ${width} pixels. Arrows move, the space bar inks or wipes.`);
  pad.style.gridTemplateColumns = `repeat(${width}, 1fr)`;
  pad.style.aspectRatio = `${width} / ${height}`;
  const cells = Array.from({ length: height * width }, () => pad.appendChild(document.createElement("i")));
  const words = document.createElement("div");
  words.className = "pixel-words";
  words.textContent = "Draw with the pointer. Or move with the arrows and press the space bar.";
  const clear = document.createElement("button");
  clear.type = "button";
  clear.className = "pixel-clear";
  clear.textContent = "Clear";
  parent.append(pad, words, clear);
  return { pad, cells, clear, ink: new Float32Array(height * width), at: 0, down: false };
}

function paint(state) {
  state.cells.forEach((cell, index) => {
    const grey = Math.round(255 * (1 - state.ink[index]));
    cell.style.backgroundColor = `rgb(${grey}, ${grey}, ${grey})`;
    cell.classList.toggle("here", index === state.at);
  });
}

function stroke(state, x, y, height, width) {
  const add = (row, column, ink) => {
    if (row < 0 || column < 0 || row >= height || column >= width) return;
    const index = row * width + column;
    state.ink[index] = Math.min(1, Math.max(state.ink[index], ink));
  };
  add(y, x, 1);
  for (const [down, right] of [[0, 1], [1, 0], [0, -1], [-1, 0]]) add(y + down, x + right, AROUND);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let state = pads.get(parentElement);
  if (state) { state.send = setStateValue; return state.leave; }
  const { height, width } = data;
  const root = parentElement.appendChild(document.createElement("div"));
  state = build(root, height, width);
  state.send = setStateValue;
  // Streamlit also cleans up after a call that a newer one has overtaken; the pad leaves when its place is gone.
  state.leave = () => { if (!root.isConnected) pads.delete(parentElement); };
  pads.set(parentElement, state);
  const tell = () => state.send("pixels", Array.from({ length: height }, (_, row) =>
    Array.from(state.ink.subarray(row * width, (row + 1) * width), (ink) => Math.round(100 * ink) / 100)));
  const draw = (event) => {
    const box = state.pad.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / box.width * width);
    const y = Math.floor((event.clientY - box.top) / box.height * height);
    stroke(state, x, y, height, width);
    paint(state);
  };
  state.pad.addEventListener("pointerdown", (event) => { state.down = true; state.pad.setPointerCapture(event.pointerId); draw(event); });
  state.pad.addEventListener("pointermove", (event) => { if (state.down) draw(event); });
  state.pad.addEventListener("pointerup", () => { state.down = false; tell(); });
  state.pad.addEventListener("pointercancel", () => { state.down = false; tell(); });
  state.pad.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width };
    if (event.key === " ") {
      state.ink[state.at] = state.ink[state.at] > 0.5 ? 0 : 1;
      tell();
    } else if (event.key in moves) {
      const next = state.at + moves[event.key];
      if (next >= 0 && next < height * width) state.at = next;
    } else return;
    event.preventDefault();
    paint(state);
  });
  state.clear.addEventListener("click", () => { state.ink.fill(0); paint(state); tell(); });
  paint(state);
  return state.leave;
}
