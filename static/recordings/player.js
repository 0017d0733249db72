// One player at the foot of a list for all of its recordings. Without this, a link opens the sound by itself.
"use strict";

const words = JSON.parse(document.querySelector("meta[name=script-words]").content);
const player = document.createElement("section");
const title = document.createElement("span");
const sound = document.createElement("audio");
player.className = "player";
player.setAttribute("aria-label", words.player);
sound.controls = true;
player.append(title, sound);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-play]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.getAttribute("aria-current") && !sound.paused) sound.pause();
  else play(link);
});

function play(link) {
  if (!player.isConnected) document.body.append(player);
  if (!link.getAttribute("aria-current")) {
    document.querySelector("a[data-play][aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    title.textContent = link.dataset.play;
    sound.src = link.href;
  }
  sound.play().catch(() => {}); // a press on another button ends this one; what is wrong, the event below tells
}

sound.addEventListener("error", () => {
  title.textContent = words.unplayable.replace("{title}", () => title.textContent);
});
