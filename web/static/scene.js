// The state of the house on the page: its mood for one glance, what is switched, what is broken, what is in use.

import { byId, element } from "./elements.js";
import { language, text } from "./language.js";

const QUIETEST_DB = -60;
const MODES = ["performance", "curated", "gallery", "rehearsal"];
let shownFaults = "";

/** Show the scene, or with null that it is not known. */
export function showScene(scene, info) {
  const mood = scene?.mood ?? "none";
  document.body.dataset.mood = mood;
  byId("lamp").setAttribute("href", `#mood-${mood}`);
  setText("mood", text("moods", mood));
  const deaf = mood === "listening" && scene.microphone_muted;
  const asleep = mood === "listening" && scene.awake === false;
  setText("mood-hint", deaf ? text("muted") : asleep ? text("asleep") : text("moodHints", mood));
  document.title = `${text("moods", mood)} · Souffleur`;
  if (scene === null) return;

  showSwitches(scene);
  showFaults(scene.faults);
  byId("panicked").hidden = !scene.panic;
  byId("applause").hidden = !scene.applause;
  setText("steering-text", scene.steering);
  byId("steering").hidden = scene.steering === "";
  showRecording(scene, info);
  setText("kept", text(scene.mode === "rehearsal" ? "rehearsalKept" : info.keeps_visitor_words ? "kept" : "notKept"));
}

/** Show what does not change during the evening. */
export function showInfo(info) {
  setText("character", info.character);
  setText("show", info.show);
  const engines = info.engines.map((engine) => [
    text("roles", engine.role) || engine.role,
    named(engine.name),
    engine.recommended === engine.name ? "" : engine.recommended,
  ]);
  const rows = [
    ...engines,
    [text("microphone"), named(info.microphone) || text("none"), ""],
    [text("loudspeaker"), named(info.loudspeaker) || text("none"), ""],
  ];
  byId("house").replaceChildren(
    ...rows.map(([what, name, better]) => {
      const value = element("dd", "", name);
      if (better) value.append(element("span", "better", element("code", "", "souffleur models list"), ` → ${better}`));
      return element("div", "", element("dt", "", what), value);
    }),
  );
  fillSelect(byId("mode"), MODES.map((mode) => [mode, text("modes", mode)]));
  const languages = info.languages.map((code) => [code, code.toUpperCase()]);
  fillSelect(byId("say-language"), [["", text("sayAnyLanguage")], ...languages]);
  byId("say-language").hidden = info.languages.length < 2;
}

/** Show how loud the room is. */
export function showLevel(levelDb) {
  const shown = Math.min(0, Math.max(QUIETEST_DB, levelDb));
  byId("level").style.transform = `scaleX(${1 - shown / QUIETEST_DB})`;
  byId("meter").ariaValueNow = String(Math.round(shown));
}

function showSwitches(scene) {
  const held = scene.paused || scene.panic;
  setText("mute-text", text(scene.microphone_muted ? "unmute" : "mute"));
  setText("pause-text", text(held ? "resume" : "pause"));
  byId("mute").ariaPressed = String(scene.microphone_muted);
  byId("pause").classList.toggle("held", held);
  byId("panic").ariaPressed = String(scene.panic);
  byId("mode").value = scene.mode;
  byId("listen").hidden = scene.awake === null;
  byId("listen").ariaPressed = String(scene.awake === true);
  setText("listen-text", text(scene.awake ? "listening" : "listen"));
  showDouble(scene.double_scale);
  setText("mode-hint", text("modeHints", scene.mode));
}

/** What everybody at the desk must know where sound is recorded, and when, for the moment, it is not. */
function showRecording(scene, info) {
  const deaf = scene.microphone_muted || scene.paused || scene.panic;
  const mark = scene.mode === "rehearsal" ? "recordingRehearsal" : deaf ? "recordingMuted" : "recording";
  byId("recording").hidden = !info.records_sound;
  byId("recording").dataset.running = String(mark === "recording");
  setText("recording", text(mark));
}

/** How much double, or with null that there is no adapter. What a finger is moving stays under it. */
function showDouble(scale) {
  byId("double").hidden = scale === null;
  const slider = byId("double-scale");
  if (scale === null || slider.matches(":active")) return;
  slider.value = scale;
  showDoubleScale();
}

/** Write the number that the slider stands at. */
export function showDoubleScale() {
  setText("double-shown", Number(byId("double-scale").value).toLocaleString(language(), { minimumFractionDigits: 2 }));
}

function showFaults(faults) {
  const sentences = faults.map((fault) => [text("rooms", fault.room), text("faults", fault.room), fault.message]);
  // Written only when it changes: a screen reader reads it aloud each time.
  if (JSON.stringify(sentences) === shownFaults) return;
  shownFaults = JSON.stringify(sentences);
  byId("faults").replaceChildren(
    ...sentences.map(([room, remedy, message]) => {
      const inEnglish = element("span", remedy ? "quiet" : "", message);
      inEnglish.lang = "en";
      return element("li", "notice fault", element("strong", "", room), remedy && `${remedy} `, inEnglish);
    }),
  );
}

/** The name of an engine or a device, in the panel's language where it has a word for it. */
function named(name) {
  return text("names", name) || name;
}

function setText(id, words) {
  const target = byId(id);
  if (target.textContent !== words) target.textContent = words;
}

function fillSelect(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}
