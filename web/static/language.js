// The language of this browser's panel: chosen once, remembered, changed in place.

import { TEXTS } from "./texts.js";

const KEPT_AS = "souffleur.language";
const listeners = [];
let current = remembered() ?? (navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en");

/** The text under a name such as "interrupt" or, with a member, ("moods", "listening"); "" for an unknown member. */
export function text(name, member) {
  const found = TEXTS[current][name];
  if (member === undefined) return found;
  return Object.hasOwn(found, member) ? found[member] : "";
}

/** A text with {placeholders} filled. */
export function filled(name, values) {
  return text(name).replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** The language in use, "en" or "fr". */
export function language() {
  return current;
}

/** Call `listener` now and at each change of language. */
export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

/** Change the language, here and for the next visit. */
export function setLanguage(code) {
  current = code;
  try {
    localStorage.setItem(KEPT_AS, code);
  } catch {
    // Storage is switched off in this browser: the choice holds until the page is closed.
  }
  listeners.forEach((listener) => listener());
}

/** Put the texts into every element that names one. */
export function fillPage() {
  document.documentElement.lang = current;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = text(element.dataset.label);
  for (const element of document.querySelectorAll("[data-placeholder]")) {
    element.placeholder = text(element.dataset.placeholder);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.ariaPressed = String(button.dataset.language === current);
  }
}

function remembered() {
  try {
    const kept = localStorage.getItem(KEPT_AS);
    return kept in TEXTS ? kept : null;
  } catch {
    return null;
  }
}
