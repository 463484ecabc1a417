// What was changed by hand, as the address tells it: `120:lr=0.1;300:hidden1.weight.3.0=0.5`.

export const MOST = 200;
export const FULL = `At most ${MOST} changes by hand are kept, for the address tells them all. This one is not made. `
  + "Reset the network to begin with none.";

export function read(text = "") {
  return text.split(";").filter(Boolean).map((one) => {
    const [, step, name, value] = /^(\d+):(.+)=(.+)$/.exec(one);
    return { step: +step, name, value };
  });
}

export function write(changes) {
  return changes.map((one) => `${one.step}:${one.name}=${one.value}`).join(";");
}

// Settings without the changes that are made later than a step.
export function until(settings, step) {
  const { changes, ...others } = settings;
  const made = read(changes).filter((one) => one.step <= step);
  return made.length ? { ...others, changes: write(made) } : others;
}

// Settings that begin with the rates that hold at a step; other changes are forgotten.
export function settled({ changes, ...settings }, step, typed) {
  for (const one of read(changes)) if (isRate(one.name) && one.step <= step) settings[one.name] = String(one.value);
  for (const [name, value] of typed) if (isRate(name)) settings[name] = String(value);
  return settings;
}

export function isRate(name) {
  return name === "lr" || name === "rate";
}

// The changes with new ones at a step; of one thing at one step only the last counts. Null if these are too many.
export function added(changes, step, values) {
  const kept = changes.filter((one) => !(one.step === step && values.has(one.name)));
  for (const [name, value] of values) kept.push({ step, name, value });
  return kept.length > MOST ? null : kept;
}
