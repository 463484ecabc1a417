// The Playground: one for its place on the page. It keeps its own state; Python says once what may be chosen.

import { controls } from "./controls.js";
import { losses } from "./losses.js";
import { network } from "./network.js";
import { make, write } from "./parts.js";
import { Player, SHORT } from "./player.js";
import { surface } from "./surface.js";

const mounted = new WeakMap();

if (!document.querySelector("link[data-strata-playground]")) {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.dataset.strataPlayground = "1";
  sheet.href = new URL("./playground.css", import.meta.url).href;
  document.head.appendChild(sheet);
}

export function mount(component) {
  const { data, parentElement } = component;
  let one = mounted.get(parentElement);
  if (!one) {
    const box = parentElement.appendChild(make("div", "strata-playground"));
    one = { box, told: JSON.stringify(data.query), ...build(box, data) };
    mounted.set(parentElement, one);
  }
  one.player.open = (settings) => component.setTriggerValue("open", settings);
  if (one.told !== JSON.stringify(data.query) && location.search !== one.player.address) {
    one.told = JSON.stringify(data.query);  // a link or the browser's back button led here with other settings
    one.player.begin(data.query);
  }
  if (data.opened && one.opened !== data.opened) follow((one.opened = data.opened));
  const mine = one;
  return () => {
    if (mine.box.isConnected) return;
    mine.leave();
    mounted.delete(parentElement);
  };
}

// Go to the project that was made, by the page's own link.
function follow(id, tries = 60) {
  const link = document.querySelector(".st-key-playground_opened a");
  if (link) link.click();
  else if (tries) requestAnimationFrame(() => follow(id, tries - 1));
  else location.assign(`build?project=${encodeURIComponent(id)}`);
}

// On a long way to a step that was asked for: where it goes. Pause ends it there.
function way(body, player) {
  const told = body.appendChild(make("div", "way"));
  told.hidden = true;
  told.setAttribute("role", "status");
  return () => {
    const long = player.going && performance.now() - player.begun > SHORT;
    told.hidden = !long;
    body.toggleAttribute("data-way", long);
    if (long) write(told, `Going to step ${player.target.toLocaleString("en")}${player.linked ? ", as the link asks" : ""}`);
  };
}

function build(box, data) {
  const player = new Player(data);
  const above = box.appendChild(make("div", "top"));
  const notice = box.appendChild(make("div", "notice"));
  const body = box.appendChild(make("div", "columns"));
  const left = body.appendChild(make("section", "panel data"));
  const middle = body.appendChild(make("section", "panel middle"));
  const right = body.appendChild(make("section", "panel answer"));
  const views = [
    controls(above, left, notice, player, data),
    network(middle, player, data),
    surface(right, player, data),
    losses(right, player),
    way(body, player),
  ];
  player.listen = (what) => {
    for (const view of views) {
      try {
        view(what);
      } catch (error) {  // a view that fails must not end the training
        console.error(error);
      }
    }
  };
  player.begin(data.query, data.refused);
  window.strataPlayground = player; // to look at while searching for a fault
  return { player, leave: () => player.leave() };
}
