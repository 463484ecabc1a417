// The player: what is set, which step is wanted, and one request at a time for the next frame. Whatever the server has
// forgotten it trains anew, for each request says all that it needs.

import { FULL, added, read, settled, until, write } from "./changes.js";
import { ask, newKey } from "./server.js";

const FRAME = 33;       // milliseconds between two frames, at least
const RETRY = 1000, MOST_RETRIES = 10;
const KEPT = 400;       // points of the loss curves
const NOTED = 1000;     // milliseconds between two steps that the address tells, while playing
export const SHORT = 400;      // milliseconds of a way to a step on which nothing is drawn
const TYPED = 150;      // milliseconds within which changes by hand are one change
const LAST_STEP = 1000000;

export const SPEEDS = [["step", "1 step"], ["epochs", "2 epochs"], ["fast", "as fast as it can"]];

export class Player {
  constructor(data) {
    this.data = data;
    this.path = location.pathname;
    this.key = newKey();
    this.playing = false;
    this.speed = "epochs";
    this.hover = null;      // [cell, unit] that the pointer is on: the large picture shows it
    this.look = null;       // [cell, unit] whose card is open
    this.shown = { test: false, discrete: false };
    this.listen = () => {};
    this.generation = 0;
    this.frames = 0;
    this.typed = new Map(); // changes by hand that wait for the answer in flight
    this.accepted = null;   // { settings, step } that the server took last
    this.away = () => { if (!document.hidden) this.pump(); };
    document.addEventListener("visibilitychange", this.away);
  }

  leave() {
    this.gone = true;
    this.playing = false;
    document.removeEventListener("visibilitychange", this.away);
  }

  // Begin with the settings of an address.
  begin(query, refused = "") {
    const { step, ...settings } = query;
    this.settings = settings;
    this.accepted = null;
    this.hint = refused;    // why an address was not followed: it is told, and the usual start is there
    this.playing = false;
    this.restart(Math.max(+(step ?? 0), ...this.changes().map((one) => one.step)));
    this.linked = true;     // the way to the first step that is shown is the link's
  }

  // Train anew, with the settings as they are, until a step.
  restart(target = 0) {
    this.generation += 1;
    this.target = target;
    this.step = 0;
    this.history = [];
    this.begun = performance.now();  // the way to the step that is wanted
    this.linked = false;
    this.opening = this.arriving = this.frame = null;
    this.broken = this.refused = null;
    this.typed.clear();
    this.note();
    this.listen("restart");
    this.pump();
  }

  get simple() {
    return !(this.settings.template || this.settings.project);
  }

  // Whether it goes to a step that was asked for, which Pause ends.
  get going() {
    return !this.playing && !this.refused && this.step < this.target;
  }

  value(name) {
    return this.settings[name] ?? this.data.usual[name];
  }

  // Change settings; null is as usual. What is learned begins anew, but for the rates, which change as it goes on.
  change(fields) {
    this.settle();
    for (const [name, value] of Object.entries(fields)) {
      if (value === null || String(value) === this.data.usual[name]) delete this.settings[name];
      else this.settings[name] = String(value);
    }
    this.hint = "";
    this.restart(0);
  }

  // Play something else, with settings of its own.
  choose(settings) {
    this.playing = false;
    this.settings = { ...settings };
    this.change({});
  }

  // Another rate, from now on; where it has not begun, or has exploded or is about to, from the start.
  tune(name, value) {
    if (this.broken || this.frame?.far) this.mend({ [name]: value });
    else if (this.step || this.target) this.byHand(name, value);
    else this.change({ [name]: value });
  }

  // Begin anew with rates at which it does not explode, and play.
  mend(fields) {
    this.change(fields);
    if (!this.playing) this.toggle();
  }

  // Go back to what the server took last.
  undo() {
    const { settings, step } = this.accepted;
    this.settings = { ...settings };
    this.restart(step);
  }

  // Change a weight, or a rate, from now on: from the step that the server has reached, which the answer in flight tells.
  byHand(name, value) {
    this.typed.set(name, value);
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.pump(), TYPED);
    this.typedAt = performance.now();
  }

  make() {
    if (!this.typed.size || !this.frame || performance.now() - this.typedAt < TYPED - 1) return;
    if (this.refused) this.settings = { ...this.accepted.settings };
    if (this.going && this.linked) this.stop();
    const step = this.playing ? this.step : Math.max(this.step, this.target);
    const changes = added(this.changes(), step, this.typed);
    this.typed.clear();
    this.hint = changes ? "" : FULL;
    if (changes) {
      this.settings.changes = write(changes);
      this.broken = this.refused = null;
      this.target = step;
      this.begun = performance.now();
      this.linked = false;
      this.note();
    }
    this.listen("settings");
  }

  changes() {
    return read(this.settings.changes);
  }

  // The rates that hold now become those to begin with; other changes are forgotten.
  settle() {
    this.settings = this.settled();
  }

  settled() {
    return settled(this.settings, Math.max(this.step, this.target), this.typed);
  }

  rate(name) {
    const found = this.changes().filter((one) => one.name === name && one.step <= this.step).pop();
    return this.typed.get(name) ?? found?.value ?? this.settings[name];
  }

  reset() {
    this.playing = false;
    this.hint = "";
    this.settle();
    this.restart(0);
  }

  toggle() {
    if (this.going) this.stop();
    else this.playing = !this.playing && !this.broken;
    this.note();
    this.listen("playing");
    this.pump();
  }

  // Stay where it has come on its way to a step; what was to be changed later is not.
  stop() {
    this.target = this.step;
    this.settings = until(this.settings, this.step);
  }

  one() {
    this.playing = false;
    if (this.going) this.stop();
    this.target = this.step + 1;
    this.note();
    this.listen("playing");
    this.pump();
  }

  hoverAt(hover) {
    if (JSON.stringify(hover) === JSON.stringify(this.hover)) return;
    this.hover = hover;
    this.pump();
  }

  lookAt(look) {
    this.look = look;
    this.pump();
  }

  // The address tells all of it, so that a link shows the same; nothing that was refused, but for points that are too few.
  note() {
    const kept = this.refused && !this.painting ? this.accepted : { settings: this.settings, step: this.playing ? this.step : this.target };
    const query = new URLSearchParams({ ...kept?.settings, ...(kept?.step ? { step: kept.step } : {}) }).toString();
    this.address = query ? `?${query}` : "";
    this.noted = performance.now();
    if (!this.gone && location.pathname === this.path) history.replaceState(history.state, "", this.path + this.address);
  }

  // Whether points are painted, of which there are too few as yet.
  get painting() {
    return Boolean(this.refused) && this.settings.data === "DrawnByHand" && this.refused.problems?.[0]?.field === "points";
  }

  next() {
    if (!this.history.length) return 0;  // the curves begin there
    if (!this.playing) return this.target;
    const stride = { step: 1, epochs: 2 * (this.arriving?.perEpoch ?? 1), fast: 0 }[this.speed];
    return Math.min(this.step + stride, LAST_STEP);
  }

  async pump() {
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    let failures = 0;
    do {
      this.again = false;
      const began = performance.now();
      this.make();
      try {
        await this.request();
        failures = 0;
        this.lost = false;
      } catch (error) {
        failures += 1;
        this.lost = String(error.message ?? error);
        this.listen("lost");
        if (failures >= MOST_RETRIES) { this.playing = false; break; }
        await new Promise((done) => setTimeout(done, RETRY));
        this.again = true;
        continue;
      }
      if (this.history.length && !this.broken && !this.refused && (this.playing || this.going)) this.again = true;
      const left = FRAME - (performance.now() - began);
      if (this.again && left > 0) await new Promise((done) => setTimeout(done, left));
    } while (this.again && !this.gone && !document.hidden);
    this.busy = false;
    this.listen("rest");
  }

  async request() {
    const mine = this.generation, running = this.playing, settings = { ...this.settings };
    const body = {
      key: this.key, settings, to: this.next(), look: this.hover ?? this.look, opening: !this.arriving,
      fast: this.playing && this.speed === "fast",
    };
    const told = await ask(body);
    if (mine !== this.generation || this.gone) { this.again = true; return; }
    if (told.error) {
      this.refused = told;
      this.playing = false;
      this.note();
      this.listen("refused");
    } else this.take(told, running, settings);
  }

  // A frame may be further than where it was paused; the server has gone there. On a short way to a step that was asked
  // for nothing is drawn in between; on a long one the start is.
  take(told, running, settings) {
    const last = this.history[this.history.length - 1];
    if (!last || last.step < told.step) this.history.push({ step: told.step, train: told.train.loss, test: told.test.loss });
    if (this.history.length > KEPT) this.history = this.history.filter((_, place) => place % 2 === 0 || place === KEPT);
    if (told.opening) this.arriving = told.opening;
    const stopped = told.step > Math.max(this.target, this.step);
    this.step = told.step;
    if (running || stopped) this.target = this.step;
    if (told.broken && !this.broken) this.explode(told.broken);
    else if (running ? !this.playing || performance.now() - this.noted > NOTED : stopped) this.note();
    this.accepted = { settings: until(settings, this.step), step: this.step };
    if (this.step >= LAST_STEP && this.playing) this.toggle();
    if (this.going && (this.frame || performance.now() - this.begun < SHORT)) { this.listen("going"); return; }
    this.opening = this.arriving;
    this.frame = told;
    this.frames += 1;
    this.listen("frame");
  }

  explode(broken) {
    this.broken = broken;
    this.playing = false;
    this.target = this.step;
    this.note();
    this.listen("playing");
  }
}
