// The line above every page: what the run is doing, with a dot that lives while it does.

import { follow, lost, wake } from "./feed.js";
import { make, write } from "./look.js";

export function line(box, data) {
  const text = make("span");
  const dot = make("span", "strata-dot");
  const row = box.appendChild(make("span", "strata-line"));
  row.append(dot, text);
  let run, leave = () => {};
  const draw = () => {
    const status = run?.status;
    write(text, status?.line ?? data.text);
    dot.className = `strata-dot ${lost() ? "" : (status?.colour ?? data.colour)}`;
    row.title = lost() ? "No connection: this is how it was when it broke off" : "";
  };
  if (data.token) [run, leave] = follow(data.token, draw, { brief: true, live: data.live });
  draw();
  return {
    update: (newer) => { data = newer; if (run && data.live) wake(run); draw(); },
    leave: () => leave(),
  };
}
