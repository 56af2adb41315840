// How quickly the double answers: the last answer step by step, and what tonight's visitors waited.

import { byId, element } from "./elements.js";
import { filled, language, text } from "./language.js";

const LONG_MS = 10_000;
let waterfall = null;
let pace = null;

/** Show how the last answer came about, or with null that there was none yet. */
export function showWaterfall(entry) {
  waterfall = entry;
  redrawPace();
}

/** Show what tonight's visitors waited. */
export function showPace(entry) {
  pace = entry;
  redrawPace();
}

/** Write it again, in another language. */
export function redrawPace() {
  const steps = waterfall?.passed_ms ?? [];
  const wholeMs = Math.max(1, ...steps.map(([, passedMs]) => passedMs));
  const bars = steps.slice(1).map(([step, passedMs], i) => bar(step, steps[i][1], passedMs, wholeMs));
  byId("waterfall").replaceChildren(...bars);
  byId("waterfall-none").hidden = bars.length > 0;
  byId("pace-tonight").textContent = pace?.turns ? tonight() : "";
}

function tonight() {
  const values = { p50: shown(pace.p50_ms), p95: shown(pace.p95_ms), turns: pace.turns.toLocaleString(language()) };
  return filled(pace.turns === 1 ? "paceOfOne" : "paceTonight", values);
}

/** From the step before to this one, on the scale of the whole answer. */
function bar(step, fromMs, toMs, wholeMs) {
  const span = element("span", "passing");
  span.style.marginInlineStart = `${(100 * fromMs) / wholeMs}%`;
  span.style.width = `${(100 * (toMs - fromMs)) / wholeMs}%`;
  const item = element("li", "step", element("span", "", text("steps", step) || step), element("span", "scale", span));
  item.append(element("span", "passed", shown(toMs)));
  item.dataset.step = step;
  return item;
}

function shown(ms) {
  const long = ms >= LONG_MS;
  const number = (long ? ms / 1000 : ms).toLocaleString(language(), { maximumFractionDigits: 0 });
  return `${number} ${long ? "s" : "ms"}`;
}
