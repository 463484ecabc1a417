// Every live view of a page is mounted here. A view is made once for its place on the page, told of new data from Python,
// and leaves when its place is gone; what a run tells in between reaches it through the feed.

import { board } from "./board.js";
import { line } from "./line.js";
import { progress } from "./progress.js";

const KINDS = { board, line, progress };
const views = new WeakMap();

if (!document.querySelector("link[data-strata-live]")) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.dataset.strataLive = "1";
  sheet.href = new URL("./live.css", import.meta.url).href;
  document.head.appendChild(sheet);
}

export function mount(component) {
  const { data, parentElement } = component;
  let view = views.get(parentElement);
  if (view && (view.data.token !== data.token || view.data.kind !== data.kind)) {
    view.leave();
    view = undefined;
  }
  if (!view) {
    const box = document.createElement("div");
    parentElement.appendChild(box);
    const made = KINDS[data.kind](box, data, component);
    view = { ...made, data, box, leave: () => { made.leave(); box.remove(); views.delete(parentElement); } };
    views.set(parentElement, view);
  } else {
    view.data = data;
    view.update(data, component);
  }
  // Streamlit also cleans up after a call that a newer one has overtaken; a view leaves when its place is gone.
  const mine = view;
  return () => { if (!mine.box.isConnected) mine.leave(); };
}
