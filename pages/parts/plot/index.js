// A Plotly figure that lives as long as its place on the page. Camera and zoom belong to what is shown, not to the place, so
// they stay when the page draws it elsewhere; each figure leaves as PNG, SVG or a page.

const places = new WeakMap();
const looks = new Map();   // by view: what a person turned or zoomed
const NARROW = 560;

if (!document.querySelector("link[data-strata-plot]")) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.dataset.strataPlot = "1";
  sheet.href = new URL("./plot.css", import.meta.url).href;
  document.head.appendChild(sheet);
}

export function mount({ parentElement, data }) {
  let one = places.get(parentElement);
  if (!one) {
    one = made(parentElement, () => places.delete(parentElement));
    places.set(parentElement, one);
  }
  one.update(data);
  return () => { if (!one.box.isConnected) one.leave(); };
}

function made(parent, forget) {
  const box = parent.appendChild(element("div", "strata-plot"));
  const chart = box.appendChild(element("div", "chart"));
  const bar = box.appendChild(element("div", "files"));
  let data, library, look, heard = false, gone = false;

  const draw = () => {
    if (gone || !library || !data) return;
    const { data: traces, layout } = JSON.parse(data.figure);
    library.react(chart, traces, dressed(layout, look.theme(box), data, chart.clientWidth), { displayModeBar: false, responsive: true });
    if (heard) return;
    heard = true;
    chart.on("plotly_relayout", (change) => keep(data.view, change));
  };
  const observer = new MutationObserver(() => requestAnimationFrame(draw));
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style", "class", "data-theme"] });

  for (const kind of ["png", "svg"]) {
    button(bar, kind.toUpperCase(), `Download the figure as ${kind.toUpperCase()}`, () => library?.downloadImage(chart, {
      format: kind, filename: data.name, width: 1200, height: 800, scale: kind === "png" ? 2 : 1,
    }));
  }
  button(bar, "HTML", "Download the figure as a page that can be turned", () => page(data));
  return {
    box,
    update: (newer) => {
      data = newer;
      chart.style.height = `${data.height}px`;
      chart.setAttribute("role", "img");
      chart.setAttribute("aria-label", data.alt);
      if (library) { draw(); return; }
      const from = (name) => import(new URL(`${data.live}/${name}.js`, location.origin));
      Promise.all([from("plotly").then(({ plotly }) => plotly()), from("look")]).then(([plotly, shared]) => {
        [library, look] = [plotly, shared];
        draw();
      }).catch(() => { chart.textContent = "The figure could not be loaded. Reload the page."; });
    },
    leave: () => { gone = true; observer.disconnect(); library?.purge(chart); box.remove(); forget(); },
  };
}

// What a person turned or zoomed, for the next drawing of the same view.
function keep(view, change) {
  const known = looks.get(view) ?? {};
  if (change["scene.camera"]) known.camera = change["scene.camera"];
  for (const axis of ["xaxis", "yaxis"]) {
    if (change[`${axis}.autorange`]) delete known[axis];
    else if (`${axis}.range[0]` in change) known[axis] = [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
  }
  looks.set(view, known);
}

// The layout in the colours of the theme, and as a person turned it.
function dressed(layout, colours, data, width) {
  const known = looks.get(data.view) ?? {};
  const axis = { gridcolor: colours.grid, linecolor: colours.grid, zerolinecolor: colours.grid, backgroundcolor: "rgba(0,0,0,0)" };
  const whole = {
    ...layout, width, uirevision: data.view, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...layout.font, color: colours.text, family: colours.font, size: 12 },
    hoverlabel: { bgcolor: colours.background, bordercolor: colours.grid, font: { color: colours.text } },
  };
  for (const name of Object.keys(layout).filter((one) => /^[xy]axis/.test(one))) {
    whole[name] = { ...axis, ...layout[name], ...(known[name] ? { range: known[name], autorange: false } : {}) };
  }
  for (const name of Object.keys(layout).filter((one) => /^scene/.test(one))) {
    const scene = { ...layout[name] };
    for (const side of ["xaxis", "yaxis", "zaxis"]) scene[side] = { ...axis, ...scene[side] };
    if (known.camera) scene.camera = known.camera;
    else if (scene.camera && width < NARROW) scene.camera = { ...scene.camera, eye: farther(scene.camera.eye) };
    whole[name] = scene;
  }
  return whole;
}

function farther(eye) {
  return Object.fromEntries(Object.entries(eye).map(([side, value]) => [side, 1.4 * value]));
}

// The figure as a page of its own, which needs nothing else.
async function page(data) {
  const script = await (await fetch("/api/plotly.js")).text();
  const figure = data.figure.replaceAll("<", "\\u003c");
  const text = `<!doctype html><meta charset="utf-8"><title>${escaped(data.name)}</title>
<style>body { margin: 0; font-family: sans-serif } #figure { height: 100vh }</style><div id="figure"></div>
<script>${script.replaceAll("</script", "<\\/script")}</script>
<script>const figure = ${figure}; delete figure.layout.height; Plotly.newPlot("figure", figure.data, figure.layout, { responsive: true });</script>`;
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  link.download = `${data.name}.html`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function button(bar, text, title, act) {
  const one = bar.appendChild(element("button"));
  one.type = "button";
  one.textContent = text;
  one.title = title;
  one.setAttribute("aria-label", title);
  one.addEventListener("click", act);
}

function element(name, className = "") {
  const one = document.createElement(name);
  if (className) one.className = className;
  return one;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
