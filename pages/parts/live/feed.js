// The feed: one connection a page for all runs that it shows. Server-sent events while they come through; where they do not
// (a proxy that holds them back, a line that is cut again and again) it asks for the news each second instead.

import { Run } from "./news.js";

const HELLO = 4000;      // the server greets at once: silence that long means that somebody holds it back
const SILENCE = 12000;   // the server says a word every 5 s
const LOST = 4000;       // after so long without a word, a person is told
const POLL = 1000, RETRY = 15000, SHORTEST = 500, LONGEST = 8000;
const HIDDEN = 5000;     // a page that nobody sees lets go of its connection, of which a browser has six a host
const PATIENT = 3;       // failures in a row until it polls

const runs = new Map();
const feed = (window.strataFeed = { mode: "", lost: false, runs }); // to look at while searching for a fault
let source, failures = 0, generation = 0, heardAt = Date.now(), known = false;
const timers = {};

function later(name, work, milliseconds) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(work, milliseconds);
}

function wanted() {
  return [...runs.values()].filter((run) => run.readers.size && !run.ended);
}

function query(some) {
  const brief = some.every((run) => [...run.readers].every((reader) => reader.brief));
  const told = [`runs=${some.map((run) => encodeURIComponent(run.token)).join(",")}`];
  if (brief) told.push("only=status");
  else if (some.some((run) => run.position)) told.push(`from=${some.map((run) => run.position).join(",")}`);
  return told.join("&");
}

function tell(run, news) {
  for (const reader of run.readers) reader.read(news);
}

function tellAll() {
  for (const run of runs.values()) tell(run, {});
}

// How long a silence is borne: a page that has just come may wait longer for its first word.
function patience() {
  return known ? LOST : 2 * LOST;
}

function heard() {
  heardAt = Date.now();
  known = true;
  if (feed.lost) { feed.lost = false; tellAll(); }
}

function take(news) {
  const run = runs.get(news.run);
  if (run && run.take(news)) tell(run, news);
}

function end(some) {
  shut();
  for (const run of some) { run.ended = true; tell(run, {}); }
  if (wanted().length) open();
}

function shut() {
  generation += 1;
  source?.close();
  source = undefined;
  for (const name of ["open", "silence", "poll", "retry"]) clearTimeout(timers[name]);
  feed.mode = "";
}

function open() {
  const some = wanted();
  const polling = feed.mode === "polling";
  if (!polling) shut();
  source?.close();
  if (!some.length || (document.hidden && !timers.hidden)) return;
  const mine = generation;
  const one = (source = new EventSource(`/api/stream?${query(some)}`));
  const awake = () => {
    if (mine !== generation || one !== source) return false;
    heard();
    failures = 0;
    feed.mode = "stream";
    clearTimeout(timers.poll);
    clearTimeout(timers.retry);
    later("silence", () => fail(one), SILENCE);
    return true;
  };
  one.addEventListener("hello", awake);
  one.addEventListener("alive", awake);
  one.onmessage = (event) => { if (awake()) take(JSON.parse(event.data)); };
  one.addEventListener("over", () => { if (awake()) end(some); });
  one.onerror = () => fail(one);
  later("silence", () => fail(one, true), polling ? 2 * HELLO : HELLO); // while it polls there is no hurry
  later("lost", missing, patience());
}

function fail(one, heldBack = false) {
  one.close();
  if (one !== source) return;
  source = undefined;
  clearTimeout(timers.silence);
  later("lost", missing, Math.max(0, patience() - (Date.now() - heardAt)));
  failures += 1;
  if (feed.mode === "polling") later("retry", open, RETRY);
  else if (heldBack || failures >= PATIENT) poll();
  else later("open", open, Math.min(SHORTEST * 2 ** (failures - 1), LONGEST));
}

function missing() {
  if (!wanted().length || Date.now() - heardAt < patience() - 100) return;
  if (!feed.lost) { feed.lost = true; tellAll(); }
}

// Ask for the news, again and again, and try the stream once in a while.
async function poll() {
  const some = wanted();
  if (!some.length || document.hidden) { shut(); return; }
  if (feed.mode !== "polling") { feed.mode = "polling"; later("retry", open, RETRY); }
  const mine = generation;
  let wait = POLL;
  try {
    const answer = await fetch(`/api/news?${query(some)}`, { signal: AbortSignal.timeout(5000), cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (mine !== generation || feed.mode !== "polling") return;
    heard();
    for (const news of told.events) take(news);
    if (told.over) { end(some); return; }
  } catch {
    if (mine !== generation || feed.mode !== "polling") return;
    missing();
    wait = 2 * POLL;
  }
  later("poll", poll, wait);
}

// Connect anew, in a moment: several views may come and go at once.
function refresh() {
  later("refresh", () => { shut(); failures = 0; if (!feed.lost) heardAt = Date.now(); open(); }, 30);
}

// Tell `read` whatever a run tells; gives the run, and what to call when nobody reads any more. A `brief` reader needs the
// status only; `live` says that the run is not over, whatever the feed believes.
export function follow(token, read, { brief = false, live = false } = {}) {
  let run = runs.get(token);
  if (!run) runs.set(token, (run = new Run(token)));
  const reader = { read, brief };
  const more = !run.readers.size || (!brief && [...run.readers].every((one) => one.brief));
  run.readers.add(reader);
  const again = run.ended && (live || (more && !brief && !run.position));
  if (again) run.ended = false;
  if (again || (more && !run.ended)) refresh();
  return [run, () => forsake(run, reader)];
}

// A run that had ended goes on: Python has seen it first.
export function wake(run) {
  if (!run.ended) return;
  run.ended = false;
  refresh();
}

export function lost() {
  return feed.lost;
}

function forsake(run, reader) {
  run.readers.delete(reader);
  // a view may leave for a moment, when its page is drawn anew
  setTimeout(() => {
    if (run.readers.size || runs.get(run.token) !== run) return;
    runs.delete(run.token);
    refresh();
  }, 1000);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timers.hidden);
  timers.hidden = undefined;
  if (!document.hidden) refresh();
  else timers.hidden = setTimeout(() => { timers.hidden = undefined; shut(); }, HIDDEN);
});
addEventListener("online", refresh);
addEventListener("offline", () => { if (source) { const one = source; later("open", () => {}, 0); fail(one); } });
addEventListener("pagehide", shut);
addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
