// The curves of training and test loss, over the steps.

import { make, number, write } from "./parts.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300, HEIGHT = 64;

export function losses(box, player) {
  const row = box.appendChild(make("div", "losses"));
  const told = {};
  const head = row.appendChild(make("div", "head"));
  for (const [name, title] of [["train", "Training loss"], ["test", "Test loss"]]) {
    const one = head.appendChild(make("div", name));
    one.append(make("span", "", title), (told[name] = make("b", "", "–")), (told[`${name} right`] = make("small")));
  }
  const svg = row.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const words = row.appendChild(make("p", "caption"));
  const lines = {};
  for (const name of ["test", "train"]) {
    lines[name] = svg.appendChild(document.createElementNS(SVG, "path"));
    lines[name].setAttribute("class", name);
  }
  return (what) => {
    if (!["frame", "restart", "rest"].includes(what)) return;
    for (const name of ["train", "test"]) {
      write(told[name], number(player.frame?.[name].loss));
      const right = player.frame?.[name].right;
      write(told[`${name} right`], right === null || right === undefined ? "" : `${(100 * right).toFixed(1)} % right`);
    }
    write(words, player.opening?.lossWords ?? "");
    const history = player.history;
    const all = history.flatMap((one) => [one.train, one.test]).filter((one) => one !== null);
    const high = Math.max(...all, 1e-9), last = Math.max(history[history.length - 1]?.step ?? 1, 1);
    for (const name of ["train", "test"]) {
      const points = history.filter((one) => one[name] !== null).map((one) =>
        `${((WIDTH * one.step) / last).toFixed(1)} ${(HEIGHT - 2 - ((HEIGHT - 4) * one[name]) / high).toFixed(1)}`);
      lines[name].setAttribute("d", points.length > 1 ? `M${points.join("L")}` : "");
    }
    if (what === "rest") svg.setAttribute("aria-label", `Losses until step ${last}: training ${told.train.textContent}, `
      + `test ${told.test.textContent}`);
  };
}
