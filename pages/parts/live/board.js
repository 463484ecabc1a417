// Several views of a run in one place, in rows that become a column where there is little room. To Streamlit they are one
// element: each one that it draws costs the server time whenever the page runs again.

import { chart } from "./chart.js";
import { figures } from "./figures.js";
import { layers } from "./layers.js";
import { make } from "./look.js";

const KINDS = { chart, figures, layers };

export function board(box, data, component) {
  box.className = "strata-board";
  const grid = box.appendChild(make("div", "grid"));
  const views = new Map();
  grid.style.setProperty("--row", data.row);

  const arrange = () => {
    for (const [name, one] of views) {
      if (!data.views.some((told) => told.name === name)) { one.leave(); views.delete(name); }
    }
    data.views.forEach((told, place) => {
      const said = { ...told, token: data.token };
      let one = views.get(told.name);
      if (one) {
        one.update(said, component);
      } else {
        const card = make("div", told.framed ? "cell framed" : "cell");
        card.dataset.view = told.name;
        const made = KINDS[told.kind](card.appendChild(make("div")), said, component);
        one = { ...made, card, leave: () => { made.leave(); card.remove(); } };
        views.set(told.name, one);
      }
      one.card.style.setProperty("--span", told.span);
      if (grid.children[place] !== one.card) grid.insertBefore(one.card, grid.children[place]);
    });
  };

  arrange();
  return {
    update: (newer, newest) => { data = newer; component = newest; arrange(); },
    leave: () => { for (const one of views.values()) one.leave(); },
  };
}
