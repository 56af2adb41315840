// The thresholds of turn-taking: moved while the show runs, each with what it does and a way back.

import { send } from "./commands.js";
import { byId, element } from "./elements.js";
import { filled, language } from "./language.js";

const SETTLES_MS = 300;

let thresholds = [];
let values = {};

/** Wire the button that gives every threshold the show's own value again. */
export function wireTuning() {
  const button = byId("tune-back");
  button.addEventListener("click", () => send({ command: "tune_back", name: null }, button, byId("tune-back-answer")));
}

/** Offer these thresholds, in the language of the panel. */
export function showThresholds(offered) {
  thresholds = offered;
  const rows = thresholds.flatMap((threshold, i) => {
    const heading = words(threshold.group);
    const begins = i === 0 || words(thresholds[i - 1].group) !== heading;
    return begins ? [element("h3", "", heading), row(threshold)] : [row(threshold)];
  });
  byId("thresholds").replaceChildren(...rows);
  byId("tuning").hidden = thresholds.length === 0;
  draw();
}

/** Show what is in force. */
export function showTuning(tuning) {
  values = Object.fromEntries(tuning.values);
  draw();
}

/** What the threshold of that name is called, or "". */
export function thresholdName(name) {
  const threshold = thresholds.find((each) => each.name === name);
  return threshold ? words(threshold.label) : "";
}

/** A value of the threshold of that name as it stood in the log, with its unit; "" where there is no such threshold. */
export function thresholdValue(name, logged) {
  const threshold = thresholds.find((each) => each.name === name);
  if (threshold === undefined) return "";
  const choice = threshold.choices.find((each) => String(each.value) === logged);
  return shown(threshold, choice ? choice.value : Number(logged));
}

function row(threshold) {
  const id = `threshold-${threshold.name}`;
  const control = threshold.choices.length ? choice(threshold) : slider(threshold);
  const output = element("output");
  // A list shows its choice by itself.
  output.hidden = threshold.choices.length > 0;
  const label = element("label", "", element("span", "", words(threshold.label)), output);
  const back = element("button", "", filled("tuneBack", { own: shown(threshold, threshold.own) }));
  const answer = element("p", "answer");
  const told = element("p", "quiet", words(threshold.told));
  control.id = label.htmlFor = id;
  told.id = `${id}-told`;
  control.setAttribute("aria-describedby", told.id);
  back.type = "button";
  answer.role = "alert";

  control.addEventListener("input", () => (output.textContent = shown(threshold, chosen(threshold, control))));
  let settled = 0;
  control.addEventListener("change", () => {
    // Otherwise Space would open the list again instead of interrupting.
    if (threshold.choices.length) control.blur();
    // Arrow keys change it step by step: only where it comes to rest is a line in the log.
    clearTimeout(settled);
    settled = setTimeout(async () => {
      const command = { command: "tune", name: threshold.name, value: chosen(threshold, control) };
      if (!(await send(command, control, answer))) draw();
    }, SETTLES_MS);
  });
  back.addEventListener("click", () => send({ command: "tune_back", name: threshold.name }, back, answer));
  const item = element("div", "threshold", label, control, told, back, answer);
  item.dataset.name = threshold.name;
  return item;
}

function slider({ scale: [, least, most, step] }) {
  const made = element("input");
  Object.assign(made, { type: "range", min: least, max: most, step });
  return made;
}

function choice({ choices }) {
  const made = element("select");
  made.replaceChildren(...choices.map(({ label }, i) => new Option(words(label), i)));
  return made;
}

function chosen(threshold, control) {
  return threshold.choices.length ? threshold.choices[control.value].value : Number(control.value);
}

function draw() {
  let moved = 0;
  for (const threshold of thresholds) {
    const value = values[threshold.name];
    const item = byId("thresholds").querySelector(`[data-name="${threshold.name}"]`);
    const control = item.querySelector("input, select");
    const differs = value !== undefined && value !== threshold.own;
    moved += differs;
    item.classList.toggle("moved", differs);
    item.querySelector("button").hidden = !differs;
    // What a finger is moving stays under it.
    if (value === undefined || control.matches(":active")) continue;
    control.value = threshold.choices.length ? threshold.choices.findIndex((each) => each.value === value) : value;
    item.querySelector("output").textContent = shown(threshold, value);
  }
  byId("tuning-moved").textContent = moved ? filled("tuningMoved", { count: moved }) : "";
  byId("tune-back").hidden = moved === 0;
}

function shown({ scale: [unit], choices }, value) {
  if (choices.length) return words(choices.find((each) => each.value === value).label);
  const number = value.toLocaleString(language(), { maximumFractionDigits: 3 });
  return unit === "×" ? `× ${number}` : `${number} ${unit}`.trim();
}

function words(said) {
  return said[language()];
}
