// The panel: what comes from the house is shown, what people do is sent.

import { redraw, showLine, showLines, showPending } from "./conversation.js";
import { setDeskScene, wireDesk } from "./desk.js";
import { byId } from "./elements.js";
import { fillPage, onLanguage, setLanguage, text } from "./language.js";
import { openLink } from "./link.js";
import { redrawPace, showPace, showWaterfall } from "./pace.js";
import { showInfo, showLevel, showScene } from "./scene.js";
import { showThresholds, showTuning, wireTuning } from "./tuning.js";

let info = null;
let scene = null;
let linked = false;

function takeScene(next) {
  scene = next;
  setDeskScene(scene);
  showScene(scene, info);
  showPending(scene.pending);
}

function setLinked(now) {
  linked = now;
  document.body.dataset.link = linked ? "open" : "lost";
  const notice = byId("lost");
  notice.hidden = linked;
  notice.textContent = linked ? "" : text("lost");
}

wireDesk();
wireTuning();
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.language));
}
onLanguage(() => {
  fillPage();
  if (info === null) return;
  showInfo(info);
  showThresholds(info.thresholds);
  showScene(scene, info);
  redraw();
  redrawPace();
  if (linked) return;
  showScene(null, info);
  setLinked(false);
});

openLink({
  snapshot(snapshot) {
    info = snapshot.info;
    setLinked(true);
    showInfo(info);
    showThresholds(info.thresholds);
    showTuning(snapshot.tuning);
    showLines(snapshot.lines);
    takeScene(snapshot.scene);
    showWaterfall(snapshot.waterfall);
    showPace(snapshot.pace);
  },
  line: showLine,
  scene: takeScene,
  level: (entry) => showLevel(entry.level_db),
  waterfall: showWaterfall,
  pace: showPace,
  tuning: showTuning,
  lost() {
    setLinked(false);
    showScene(null, info);
    showLevel(-Infinity);
  },
});
