// The conversation on the page: turns of lines, the newest at the bottom, each line in its latest state.

import { send } from "./commands.js";
import { byId, element } from "./elements.js";
import { text } from "./language.js";
import { thresholdName, thresholdValue } from "./tuning.js";

const SHOWN_TURNS = 200;
// Reasons for which a whole turn was only a false start, to be shown small.
const FALSE_STARTS = ["visitor resumed", "nothing heard", "back-channel", "own voice"];

const list = byId("turns");
const newest = byId("newest");
const turns = new Map();
let pending = [];
let following = true;

list.addEventListener("scroll", () => {
  following = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  newest.hidden = following;
});
newest.addEventListener("click", () => follow(true));
// A banner or a keyboard on the screen makes the list smaller; its end must stay in sight.
new ResizeObserver(() => follow()).observe(list);

/** Forget what was shown, and show these changes, oldest first. */
export function showLines(entries) {
  const top = list.scrollTop;
  turns.clear();
  list.replaceChildren();
  const changed = new Set(entries.map(fold));
  changed.forEach(draw);
  trim();
  list.scrollTop = top;
  follow();
}

/** Show one change. */
export function showLine(entry) {
  draw(fold(entry));
  trim();
  follow();
}

/** Offer to release or reject these turns, and no others. */
export function showPending(turnIds) {
  pending = turnIds;
  turns.forEach(drawVerdict);
  follow();
}

/** Write everything again, in another language. */
export function redraw() {
  turns.forEach((turn) => {
    turn.verdict.replaceChildren();
    draw(turn);
  });
}

/** Take one change in; the turn that it belongs to. */
function fold(entry) {
  let turn = turns.get(entry.turn_id);
  if (turn === undefined) {
    turn = { id: entry.turn_id, lines: new Map(), item: element("li", "turn") };
    turn.rows = element("ol", "lines");
    turn.verdict = element("div", "verdict");
    turn.item.append(turn.rows, turn.verdict);
    turns.set(turn.id, turn);
    list.append(turn.item);
  }
  const before = turn.lines.get(entry.part);
  // A cut line brings only the words that were heard; the draft before it had them all.
  const whole = entry.state === "cut" && before ? before.whole : entry.text;
  turn.lines.set(entry.part, { entry, whole });
  return turn;
}

function draw(turn) {
  const parts = [...turn.lines.keys()].sort((a, b) => place(a) - place(b));
  const lines = parts.map((part) => turn.lines.get(part));
  turn.rows.replaceChildren(...lines.map((line, i) => row(line, lines[i - 1])));
  turn.item.classList.toggle(
    "false-start",
    lines.some(({ entry }) => entry.state === "cancelled" && FALSE_STARTS.includes(entry.note)),
  );
  drawVerdict(turn);
  byId("empty").hidden = true;
}

/** The visitor's line is part -1, what fills the wait is -2, and stands between it and the answer. */
function place(part) {
  return part < 0 ? -3 - part : part;
}

function row({ entry, whole }, above) {
  const sounding = entry.state === "released" && entry.note === "sounding";
  const moved = entry.state === "changed" ? thresholdValue(entry.note, entry.text) : "";
  const said = entry.state === "cancelled" ? "" : moved || entry.text;
  const unsaid = whole.startsWith(said) ? whole.slice(said.length) : "";
  const words = element("p", "said", said);
  if (unsaid) words.append(element("del", "", unsaid));
  words.dir = "auto";
  words.lang = entry.language;

  const item = element("li", "line", element("span", "who", text("who", entry.who)), words);
  item.dataset.who = entry.who;
  item.dataset.state = sounding ? "sounding" : entry.state;
  item.classList.toggle("same-who", above?.entry.who === entry.who);
  // The reason stands once, beside the first line that it ended.
  const why = sounding || above?.entry.note === entry.note ? "" : text("reasons", entry.note) || thresholdName(entry.note) || entry.note;
  const note = [text("states", item.dataset.state), why].filter(Boolean).join(" · ");
  if (note) item.append(element("span", "note", note));
  return item;
}

function drawVerdict(turn) {
  const waits = pending.includes(turn.id);
  turn.item.classList.toggle("pending", waits);
  if (!waits) turn.verdict.replaceChildren();
  else if (!turn.verdict.hasChildNodes()) {
    turn.verdict.append(verdictButton("release", turn.id), verdictButton("reject", turn.id));
  }
}

function verdictButton(command, turnId) {
  const button = element("button", `key ${command}`, text(command));
  button.type = "button";
  button.addEventListener("click", () => send({ command, turn_id: turnId }, button));
  return button;
}

function trim() {
  for (const [id, turn] of turns) {
    if (turns.size <= SHOWN_TURNS) break;
    turn.item.remove();
    turns.delete(id);
  }
  byId("empty").hidden = turns.size > 0;
}

function follow(always = false) {
  following ||= always;
  if (following) list.scrollTop = list.scrollHeight;
}
