// Making elements. Words only ever enter a page as text, never as markup: they come from the public.

/** An element with a class, and text or children inside. */
export function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** The element of this page with that id. */
export function byId(id) {
  return document.getElementById(id);
}
