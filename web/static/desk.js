// The desk: buttons, fields and keys become commands.

import { send } from "./commands.js";
import { byId } from "./elements.js";
import { showDoubleScale } from "./scene.js";

let scene = null;

/** What the switches toggle from. */
export function setDeskScene(shown) {
  scene = shown;
}

/** Wire every button, field and key. */
export function wireDesk() {
  const press = (id, command) => byId(id).addEventListener("click", () => send(command(), byId(id)));
  press("interrupt", () => ({ command: "interrupt" }));
  press("mute", () => ({ command: "mute_microphone", muted: !scene?.microphone_muted }));
  press("pause", () => ({ command: scene?.paused || scene?.panic ? "resume" : "pause" }));
  press("listen", () => ({ command: "listen" }));
  press("panic", () => ({ command: "panic" }));
  press("steering-clear", () => ({ command: "steer", text: "" }));

  wireForm("say", () => ({ language: byId("say-language").value || null }));
  wireForm("ask", () => ({}));
  wireForm("steer", () => ({}));
  byId("mode").addEventListener("change", chooseMode);
  byId("double-scale").addEventListener("input", showDoubleScale);
  byId("double-scale").addEventListener("change", scaleDouble);
  byId("say-language").addEventListener("change", (event) => event.target.blur());
  document.addEventListener("keydown", pressKey);
  document.addEventListener("keyup", keepSpaceFromButtons);
}

function wireForm(id, more) {
  const form = byId(id);
  const field = form.elements.text;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = field.value;
    const arrived = await send({ command: id, text: sent, ...more() }, form.querySelector("[type=submit]"));
    if (!arrived) return;
    if (field.value === sent) field.value = "";
    // Space is the interrupt key again as soon as the words are on their way.
    if (document.activeElement === field) field.blur();
  });
}

async function chooseMode(event) {
  const select = event.target;
  // Otherwise Space would open the list again instead of interrupting.
  select.blur();
  const arrived = await send({ command: "set_mode", mode: select.value }, select);
  if (!arrived && scene) select.value = scene.mode;
}

async function scaleDouble(event) {
  const slider = event.target;
  const arrived = await send({ command: "scale_double", scale: Number(slider.value) }, slider);
  if (arrived || !scene) return;
  slider.value = scene.double_scale;
  showDoubleScale();
}

function pressKey(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    if (event.repeat) return;
    if (isField(event.target)) event.target.blur();
    byId("panic").click();
  } else if (event.key === " " && !isField(event.target)) {
    // Space interrupts wherever the focus is; Enter presses the button that has it.
    event.preventDefault();
    if (!event.repeat) byId("interrupt").click();
  }
}

function keepSpaceFromButtons(event) {
  if (event.key === " " && !isField(event.target)) event.preventDefault();
}

function isField(target) {
  return target.matches("input:not([type=range]), select, textarea");
}
