// The stream of events from the house: it comes back by itself, and every time with a whole snapshot.

const RETRY_MS = 1000;
// Two beats of the house and a little more: a cable that was pulled out says nothing by itself.
const SILENCE_MS = 12000;
const EVENTS = ["snapshot", "line", "scene", "level", "waterfall", "pace", "tuning"];

/** Call `handlers[event](data)` for what comes, and `handlers.lost()` when nothing comes any more. */
export function openLink(handlers) {
  const source = new EventSource("/events");
  let watchdog = 0;

  function retry() {
    source.close();
    clearTimeout(watchdog);
    handlers.lost();
    setTimeout(openLink, RETRY_MS, handlers);
  }
  function alive() {
    clearTimeout(watchdog);
    watchdog = setTimeout(retry, SILENCE_MS);
  }

  source.onerror = retry;
  source.addEventListener("beat", alive);
  for (const name of EVENTS) {
    source.addEventListener(name, (event) => {
      alive();
      handlers[name](JSON.parse(event.data));
    });
  }
  alive();
}
