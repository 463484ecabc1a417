// What the views share: elements, colours, planes as pictures.

export function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A button; where its text is a sign or nothing, the label is its name, and elsewhere what it does in more words.
export function button(className, text, label, click) {
  const one = make("button", className, text);
  one.type = "button";
  if (label) one.title = label;
  if (label && text.length < 2) one.setAttribute("aria-label", label);
  one.addEventListener("click", click);
  return one;
}

// Material's own shapes, 24 pixels wide; a font may lack the signs.
const SHAPES = { play: "M8 5v14l11-7z", pause: "M6 19h4V5H6zM14 5v14h4V5z", step: "M6 18l8.5-6L6 6zM16 6v12h2V6z",
  reset: "M12 5V1L7 6l5 5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z" };

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.show = (shape) => { if (path.getAttribute("d") !== SHAPES[shape]) path.setAttribute("d", SHAPES[shape]); };
  svg.show(name);
  return svg;
}

export function choose(label, options, change) {
  const box = make("label", "field");
  const list = make("select");
  box.append(make("span", "", label), list);
  list.addEventListener("change", () => change(list.value));
  fill(list, options);
  return { box, list };
}

export function fill(list, options) {
  const told = JSON.stringify(options);
  if (list.dataset.options === told) return;
  list.dataset.options = told;
  const groups = new Map();
  list.replaceChildren();
  for (const { value, title, group } of options) {
    const option = make("option", "", title);
    option.value = value;
    if (!group) { list.append(option); continue; }
    if (!groups.has(group)) {
      const one = make("optgroup");
      one.label = group;
      groups.set(group, list.appendChild(one));
    }
    groups.get(group).append(option);
  }
}

export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const told = value && (size < 1e-3 || size >= 1e5) ? value.toExponential(1)
    : size < 10 ? value.toFixed(3) : String(+value.toPrecision(4));
  return told.replaceAll("-", "−");
}

// -- colours -------------------------------------------------------------------------------------------------------

const NEGATIVE = [232, 89, 12], POSITIVE = [59, 91, 219];
const OTHERS = [[232, 89, 12], [59, 91, 219], [12, 166, 120], [174, 62, 201], [16, 152, 173], [240, 140, 0], [224, 49, 49],
  [73, 80, 87], [112, 72, 232], [102, 168, 15]];

// A colour mixed with what 0 is drawn as.
export function faded(colour, share, isDark) {
  const nothing = isDark ? 45 : 232;
  return colour.map((one) => Math.round(nothing + (one - nothing) * share));
}

export function css(colour, alpha = 1) {
  return `rgba(${colour.join(",")},${alpha})`;
}

export function dark(element) {
  const told = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const hex = /^#([0-9a-f]{6})/i.exec(told);
  return hex ? parseInt(hex[1].slice(0, 2), 16) < 128 : false;
}

export function classColour(number, classes) {
  return classes <= 2 ? [NEGATIVE, POSITIVE][number] : OTHERS[number % OTHERS.length];
}

export function signColour(value) {
  return value < 0 ? NEGATIVE : POSITIVE;
}

// The 256 colours from the lowest to the highest value, by way of the page's own grey.
const scales = new Map();
export function scale(isDark, stepped) {
  const key = `${isDark}${stepped}`;
  if (!scales.has(key)) {
    const middle = isDark ? [30, 35, 46] : [240, 242, 247];
    const table = new Uint8ClampedArray(256 * 3);
    for (let byte = 0; byte < 256; byte += 1) {
      const at = stepped ? (byte < 128 ? -0.8 : 0.8) : (byte - 127.5) / 127.5;
      const end = at < 0 ? NEGATIVE : POSITIVE, share = Math.abs(at) ** 0.9;
      for (let one = 0; one < 3; one += 1) table[3 * byte + one] = middle[one] + share * (end[one] - middle[one]);
    }
    scales.set(key, table);
  }
  return scales.get(key);
}

// Draw a plane (or one for each class) on a canvas of its size.
export function paint(canvas, planes, side, isDark, stepped = false) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  const pixels = image.data, count = side * side;
  if (planes.length === count) {
    const table = scale(isDark, stepped);
    for (let at = 0; at < count; at += 1) {
      const from = 3 * planes[at];
      pixels[4 * at] = table[from];
      pixels[4 * at + 1] = table[from + 1];
      pixels[4 * at + 2] = table[from + 2];
      pixels[4 * at + 3] = 255;
    }
  } else mix(pixels, planes, count, isDark, stepped);
  context.putImageData(image, 0, 0);
}

function mix(pixels, planes, count, isDark, stepped) {
  const classes = planes.length / count, ground = isDark ? 30 : 240;
  for (let at = 0; at < count; at += 1) {
    let sum = 0, best = 0;
    for (let one = 0; one < classes; one += 1) {
      sum += planes[one * count + at];
      if (planes[one * count + at] > planes[best * count + at]) best = one;
    }
    const colour = [0, 0, 0];
    for (let one = 0; one < classes; one += 1) {
      const share = stepped ? +(one === best) : planes[one * count + at] / (sum || 1);
      for (let part = 0; part < 3; part += 1) colour[part] += share * OTHERS[one % OTHERS.length][part];
    }
    for (let part = 0; part < 3; part += 1) pixels[4 * at + part] = ground + 0.75 * (colour[part] - ground);
    pixels[4 * at + 3] = 255;
  }
}
