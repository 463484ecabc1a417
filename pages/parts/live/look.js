// What the views share: elements, numbers as people read them, and the colours of the theme.

export function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// The name of a trace: Plotly makes a class of it, in which a dot or a space would mean something.
export function uid(...parts) {
  return parts.join("-").replace(/[^\w-]/g, "-");
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: read("--st-text-color", "#1B1F2A"),
    grid: read("--st-border-color", "#E3E6EE"),
    background: read("--st-background-color", "#FFFFFF"),
    font: read("--st-font", "sans-serif"),
    primary: read("--st-primary-color", "#3B5BDB"),
    colours: read("--st-chart-categorical-colors",
      "#3B5BDB,#E8590C,#0CA678,#AE3EC9,#1098AD,#F08C00,#E03131,#495057,#7048E8,#66A80F").split(",").map((one) => one.trim()),
    sequence: read("--st-chart-sequential-colors", "#F4F6FF,#748FFC,#364FC7").split(",").map((one) => one.trim()),
  };
}

// Names for the colours that mean something, so that the style sheet can use them. At each drawing, for the theme may come
// later than the view.
export function paint(element) {
  const { colours } = theme(element);
  const names = { train: 0, validation: 1, good: 2, warning: 5, error: 6 };
  for (const [name, place] of Object.entries(names)) element.style.setProperty(`--${name}`, colours[place]);
}

export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return size < 10 ? value.toFixed(3) : String(+value.toPrecision(4));
}

export function brief(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-2 || size >= 1e4 ? value.toExponential(1) : String(+value.toPrecision(3));
}

export function percent(value, digits = 1) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(digits)} %`;
}

// An exponential mean, corrected for its start at zero (as Adam does).
export function smooth(values, weight) {
  let mean = 0, mass = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}

export function thin(values, most) {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, place) => values[Math.round((place * (values.length - 1)) / (most - 1))]);
}

const SVG = "http://www.w3.org/2000/svg";

// A line without axes; `update(values)` draws it. A logarithmic one shows positive values that lie far apart.
export function sparkline(className, logarithmic = false) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `strata-spark ${className}`);
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const area = svg.appendChild(document.createElementNS(SVG, "path"));
  const path = svg.appendChild(document.createElementNS(SVG, "path"));
  area.setAttribute("class", "area");
  path.setAttribute("class", "stroke");
  let last = "";
  const update = (told) => {
    let values = told.filter((value) => value !== null && Number.isFinite(value));
    const low = Math.min(...values), high = Math.max(...values);
    if (logarithmic && low > 0 && high / low > 100) values = values.map(Math.log);
    const bottom = Math.min(...values), range = Math.max(...values) - bottom;
    const points = values.map((value, place) => {
      const x = (100 * place) / Math.max(values.length - 1, 1);
      const y = range ? 38 - (36 * (value - bottom)) / range : 20;
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    const text = points.length > 1 ? `M${points.join("L")}` : "";
    if (text === last) return;
    last = text;
    path.setAttribute("d", text);
    area.setAttribute("d", text && `${text}L100 40L0 40Z`);
  };
  return { svg, update };
}
