// Sending commands to the house, and saying so when one does not arrive.

import { byId } from "./elements.js";
import { filled, language } from "./language.js";

const TIMEOUT_MS = 5000;
// A press on a fast machine must still be seen.
const SHOWN_MS = 150;

/** Send one command; `button` looks pressed until the house has it, `answer` says why it has not. Whether it arrived. */
export async function send(command, button, answer = byId("answer")) {
  button.dataset.pressed = "";
  const shown = new Promise((resolve) => setTimeout(resolve, SHOWN_MS));
  const failure = await post(command);
  answer.textContent = failure;
  shown.then(() => delete button.dataset.pressed);
  return failure === "";
}

/** Why the command was not taken, or "". */
async function post(command) {
  try {
    const response = await fetch("/command", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return "";
    const answer = await response.json().catch(() => ({}));
    return answer.error?.[language()] ?? filled("notSent", { what: `HTTP ${response.status}` });
  } catch (error) {
    return filled("notSent", { what: error.message });
  }
}
