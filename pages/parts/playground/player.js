// The player: what is set, which step is wanted, and one request at a time for the next frame. Whatever the server has
// forgotten it trains anew, for each request says all that it needs.

const FRAME = 33;       // milliseconds between two frames, at least
const RETRY = 1000, MOST_RETRIES = 10;
const KEPT = 400;       // points of the loss curves
const LAST_STEP = 1000000;

export const SPEEDS = [["step", "1 step"], ["epochs", "2 epochs"], ["fast", "as fast as it can"]];

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { ...header, planes: new Uint8Array(buffer, 4 + length) };
}

export class Player {
  constructor(data) {
    this.data = data;
    this.key = random();
    this.playing = false;
    this.speed = "epochs";
    this.look = null;       // [cell, unit] that the pointer is on
    this.shown = { test: false, discrete: false };
    this.listen = () => {};
    this.generation = 0;
    this.frames = 0;
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
    this.refused = null;
    this.hint = refused;    // why an address was not followed: it is told, and the usual start is there
    this.restart(+(step ?? 0));
  }

  // Train anew, with the settings as they are, until a step.
  restart(target = 0) {
    this.generation += 1;
    this.target = target;
    this.step = 0;
    this.history = [];
    this.opening = null;
    this.frame = null;
    this.broken = null;
    this.note();
    this.listen("restart");
    this.pump();
  }

  get simple() {
    return !(this.settings.template || this.settings.project);
  }

  value(name) {
    return this.settings[name] ?? this.data.usual[name];
  }

  // Change settings; null is as usual. What is learned begins anew, but for the rates, which change as it goes on.
  change(fields) {
    for (const [name, value] of Object.entries(fields)) {
      if (value === null || String(value) === this.data.usual[name]) delete this.settings[name];
      else this.settings[name] = String(value);
    }
    this.refused = null;
    this.hint = "";
    this.settle();
    this.restart(0);
  }

  tune(name, value) {
    if (!this.step) { this.change({ [name]: value }); return; }
    this.byHand(name, value);
  }

  // Change a weight, or a rate, from this step on.
  byHand(name, value) {
    const kept = this.changes().filter((one) => !(one.name === name && one.step === this.step));
    if (kept.length >= 200) return;
    kept.push({ step: this.step, name, value });
    this.settings.changes = kept.map((one) => `${one.step}:${one.name}=${one.value}`).join(";");
    this.target = this.step;
    this.generation += 1;
    this.note();
    this.listen("settings");
    this.pump();
  }

  changes() {
    return (this.settings.changes ?? "").split(";").filter(Boolean).map((text) => {
      const [, step, name, value] = /^(\d+):(.+)=(.+)$/.exec(text);
      return { step: +step, name, value };
    });
  }

  // The rates that hold now become those to begin with; other changes are forgotten.
  settle() {
    for (const one of this.changes()) if (one.name === "lr" || one.name === "rate") this.settings[one.name] = String(one.value);
    delete this.settings.changes;
  }

  rate(name) {
    const found = this.changes().filter((one) => one.name === name && one.step <= this.step).pop();
    return found?.value ?? this.settings[name];
  }

  reset() {
    this.playing = false;
    this.settle();
    this.restart(0);
  }

  toggle() {
    this.playing = !this.playing && !this.broken;
    this.note();
    this.listen("playing");
    this.pump();
  }

  one() {
    this.playing = false;
    this.target = Math.max(this.target, this.step) + 1;
    this.note();
    this.listen("playing");
    this.pump();
  }

  lookAt(look) {
    if (JSON.stringify(look) === JSON.stringify(this.look)) return;
    this.look = look;
    this.pump();
  }

  // The address tells all of it, so that a link shows the same.
  note() {
    const told = { ...this.settings, ...(this.target && !this.playing ? { step: this.target } : {}) };
    const query = new URLSearchParams(told).toString();
    this.address = query ? `?${query}` : "";
    if (!this.gone) history.replaceState(history.state, "", location.pathname + this.address);
  }

  next() {
    if (!this.playing) return this.target;
    const stride = { step: 1, epochs: 2 * (this.opening?.perEpoch ?? 1), fast: 0 }[this.speed];
    return Math.min(this.step + stride, LAST_STEP);
  }

  async pump() {
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    let failures = 0;
    do {
      this.again = false;
      const began = performance.now();
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
      const more = this.frame && !this.broken && !this.refused && (this.playing || this.step < this.target);
      if (more) this.again = true;
      const left = FRAME - (performance.now() - began);
      if (this.again && left > 0) await new Promise((done) => setTimeout(done, left));
    } while (this.again && !this.gone && !document.hidden);
    this.busy = false;
    this.listen("rest");
  }

  async request() {
    const mine = this.generation, running = this.playing;
    const body = {
      key: this.key, settings: this.settings, to: this.next(), look: this.look, opening: !this.opening,
      fast: this.playing && this.speed === "fast",
    };
    const answer = await fetch("/api/playground", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), cache: "no-store",
    });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `The server answers ${answer.status}.`);
    const told = decode(await answer.arrayBuffer());
    if (mine !== this.generation || this.gone) { this.again = true; return; }
    if (told.error) {
      this.refused = told;
      this.playing = false;
      this.listen("refused");
    } else this.take(told, running);
  }

  // A frame that was asked for while it ran may be further than where it was paused; the server has gone there.
  take(told, running) {
    if (told.opening) this.opening = told.opening;
    this.frame = told;
    this.step = told.step;
    this.frames += 1;
    const last = this.history[this.history.length - 1];
    if (!last || last.step < told.step) this.history.push({ step: told.step, train: told.train.loss, test: told.test.loss });
    if (this.history.length > KEPT) this.history = this.history.filter((_, place) => place % 2 === 0 || place === KEPT);
    if (running) this.target = this.step;
    if (running && !this.playing) this.note();
    if (told.broken && !this.broken) {
      this.broken = told.broken;
      this.playing = false;
      this.target = this.step;
      this.note();
      this.listen("playing");
    }
    if (this.step >= LAST_STEP && this.playing) this.toggle();
    this.listen("frame");
  }
}
