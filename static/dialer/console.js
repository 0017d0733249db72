// What the console does beyond links and forms. Every page works without it; it makes them pleasant.
"use strict";

// In a function, because after an upload it runs once more in the same window: see showAnswer.
(() => {

const words = JSON.parse(document.querySelector("meta[name=script-words]").content);
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });

// --- Drop-downs: one open at a time; a click or the focus elsewhere closes, and Esc ------------------------------

const openDrops = () => document.querySelectorAll("details.drop[open]");

for (const happening of ["click", "focusin"]) {
  document.addEventListener(happening, ({ target }) => {
    for (const drop of openDrops()) {
      // A press on the bare panel gives the focus to what is around the drop-down: nobody went elsewhere.
      const isAround = happening === "focusin" && target.contains(drop);
      if (!drop.contains(target) && !isAround) drop.open = false;
    }
  });
}

// --- Rows of a form's table are cards on a phone, where each cell bears the name of its column ----------------------

for (const table of document.querySelectorAll(".tabular table")) {
  const names = [...table.querySelectorAll("thead th")].map((head) => head.childNodes[0]?.textContent.trim() ?? "");
  for (const cells of [...table.querySelectorAll("tbody tr.form-row")].map((row) => row.querySelectorAll("td:not(.original)"))) {
    const shown = names.slice(names.length - cells.length);
    cells.forEach((cell, position) => { if (shown[position]) cell.dataset.label = shown[position]; });
  }
}

// --- Navigation as a drawer at phone width -----------------------------------------------------------------------

const menuButton = document.querySelector(".menu-button");
const stage = document.getElementById("stage");

function showDrawer(isShown) {
  document.body.classList.toggle("drawer-open", isShown);
  menuButton.setAttribute("aria-expanded", String(isShown));
  stage.inert = isShown;
  if (isShown) document.querySelector("#side a").focus();
  else menuButton.focus();
}

menuButton?.addEventListener("click", () => showDrawer(true));
document.querySelector(".scrim")?.addEventListener("click", () => showDrawer(false));

// --- Keys: "/" goes to the search, Esc closes what is open -------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeTopmost();
  if (event.key === "/" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.getElementById("searchbar");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

function closeTopmost() {
  if (document.body.classList.contains("drawer-open")) return showDrawer(false);
  for (const drop of openDrops()) {
    drop.open = false;
    drop.querySelector("summary").focus();
  }
}

function isTyping(element) {
  return element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

// --- Copy buttons: <button data-copy="text"> ---------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await copy(button.dataset.copy);
  const word = button.textContent;
  button.textContent = "✓";
  setTimeout(() => { button.textContent = word; }, 1500);
});

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without HTTPS browsers offer no clipboard, but they still copy what is selected.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// --- Live parts: <div data-live="/address" data-live-seconds="3"> ------------------------------------------------
// The address answers with the inner HTML. A part of it with data-done ends the refresh. It rests while the tab is
// hidden or somebody is at work inside, and slows down while the server does not answer. What has an id keeps the focus,
// and a fold stays open; others hear of it by the event live:refreshed.

for (const part of document.querySelectorAll("[data-live]")) keepLive(part);

function keepLive(part) {
  const pace = Number(part.dataset.liveSeconds || 3) * 1000;
  let wait = pace;
  let shown = null;

  async function refresh() {
    if (!document.hidden && !isAtWork(part)) {
      const html = await fetchFragment(part.dataset.live);
      wait = html === null ? Math.min(wait * 2, 60000) : pace;
      if (html !== null && html !== shown && !isAtWork(part)) {
        replace(part, html);
        shown = html;
      }
    }
    if (!part.querySelector("[data-done]")) setTimeout(refresh, wait);
  }

  if (!part.querySelector("[data-done]")) setTimeout(refresh, wait);
}

function isAtWork(part) {
  const active = document.activeElement;
  return part.contains(active) && !(active.id && active.matches("summary, a"));
}

function replace(part, html) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...part.querySelectorAll("details[id][open]")].map((fold) => fold.id);
  part.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("live:refreshed"));
}

async function fetchFragment(address) {
  try {
    const response = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    // A redirect leads to the login page: not what belongs here.
    return response.ok && !response.redirected ? await response.text() : null;
  } catch {
    return null;
  }
}

// --- Uploads with a progress bar: <form data-upload> -------------------------------------------------------------

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    if (!files.length || event.defaultPrevented) return; // upload.js sends large files in pieces
    event.preventDefault();
    upload(form, event.submitter);
  });
}

function upload(form, submitter) {
  const request = new XMLHttpRequest();
  const panel = progressPanel(form, () => request.abort());
  const end = (sentence) => {
    panel.say(sentence);
    panel.stop();
    if (submitter) submitter.disabled = false;
  };
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => panel.advance(event.loaded, event.total));
  request.upload.addEventListener("load", () => panel.say(words.upload_whole));
  request.addEventListener("load", () => showAnswer(request));
  request.addEventListener("error", () => end(words.upload_broke));
  request.addEventListener("abort", () => end(words.upload_stopped));
  request.send(new FormData(form, submitter));
  if (submitter) submitter.disabled = true;
}

function progressPanel(form, onStop) {
  form.querySelector(".upload-progress")?.remove();
  const panel = document.createElement("div");
  panel.className = "upload-progress";
  panel.setAttribute("role", "status");
  const bar = document.createElement("progress");
  const line = document.createElement("span");
  const stop = document.createElement("button");
  stop.type = "button";
  stop.textContent = words.stop;
  stop.addEventListener("click", onStop);
  panel.append(bar, line, stop);
  form.append(panel);
  return {
    advance(loaded, total) {
      bar.max = total;
      bar.value = loaded;
      line.textContent = percent.format(Math.floor((loaded / total) * 100) / 100);
    },
    say(sentence) { line.textContent = sentence; },
    stop() {
      bar.remove();
      stop.remove();
    },
  };
}

// A list of time zones that can be set to that of this device, if the list has it.
for (const button of document.querySelectorAll("[data-device-zone]")) {
  const zones = document.getElementById(button.dataset.deviceZone);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (![...zones.options].some((zone) => zone.value === here)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    zones.value = here;
    zones.focus(); // so that it is read aloud
  });
}

// The browser has already followed the redirect, and the answer holds the message that is shown only once. So this
// very answer is put in the place of the page, instead of being asked for again. upload.js does so, too.
window.showAnswer = showAnswer;

function showAnswer(request) {
  history.pushState(null, "", request.responseURL);
  document.open();
  document.write(request.responseText);
  document.close();
  addEventListener("popstate", () => location.reload()); // going back changes the address only
}

})();
