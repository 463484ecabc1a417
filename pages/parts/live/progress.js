// How far a run is: a sentence and a bar. It alone tells Python when the run is in another state, or the doctor
// finds something else, so that the page's buttons and cards change; nothing else of a run makes Streamlit draw anything.

import { follow, lost, wake } from "./feed.js";
import { make, paint, write } from "./look.js";

const LOST = "No connection, trying again; the run goes on";
const ICONS = { info: "info", warning: "warning", error: "error" };

export function progress(box, data, component) {
  box.className = "strata-progress";
  const words = box.appendChild(make("div", "sentence"));
  const bar = box.appendChild(make("div", "bar"));
  const done = bar.appendChild(make("div", "done"));
  const notices = box.appendChild(make("div", "notices"));
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "Progress of the run");
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  let told = "", patience, comparing, run;

  // Each wish to be drawn anew is told once.
  const tell = (why) => {
    if (why === told) return;
    told = why;
    component.setStateValue("seen", `${why} ${Date.now()}`);
  };
  const obeyed = (status) => data.asked > 0 && status.obeyed >= data.asked;
  const watch = () => {
    const status = run.status;
    if (!status || lost()) return;
    const found = (status.findings ?? "") !== data.findings;
    if (status.state !== data.state || status.message !== data.message || found || obeyed(status)) {
      tell(`${status.state} ${status.message} ${status.findings} ${obeyed(status)} of ${data.state} ${data.asked}`);
    }
  };
  const draw = () => {
    paint(box);
    const status = run?.status ?? data;
    const waits = data.doing && status.state === data.state && !obeyed(status);
    const state = lost() ? "lost" : waits ? "asked" : status.state;
    box.dataset.state = state;
    write(words, state === "lost" ? LOST : state === "asked" ? data.doing : status.sentence);
    const share = Math.round(1000 * status.share) / 10;
    done.style.width = `${share}%`;
    bar.setAttribute("aria-valuenow", String(share));
    bar.setAttribute("aria-valuetext", words.textContent);
    show(notices, status.notices ?? []);
  };
  // What Python drew may be newer than what the feed knows, or older: after a moment they agree, or Python is told.
  const compare = () => { clearTimeout(comparing); comparing = setTimeout(watch, 500); };
  const asked = () => {
    clearTimeout(patience);
    if (data.asked) patience = setTimeout(() => tell(`impatient ${data.asked}`), data.patience * 1000);
  };
  let leave;
  [run, leave] = follow(data.token, (news) => { draw(); if (news.status) watch(); }, { live: data.live });
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0); // another run: whoever started it stood far below
  draw();
  asked();
  compare();
  return {
    update: (newer, mounted) => {
      data = newer;
      component = mounted;
      if (data.live) wake(run);
      draw();
      asked();
      compare();
    },
    leave: () => { clearTimeout(patience); clearTimeout(comparing); leave(); },
  };
}

function show(place, notices) {
  const key = JSON.stringify(notices);
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(...notices.map(({ level, text }) => {
    const row = make("div", `notice ${ICONS[level] ?? "info"}`);
    row.append(make("span", "mark", level === "info" ? "i" : "!"), make("span", "", text));
    return row;
  }));
}
