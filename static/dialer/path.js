// The guided path: the player plays what is chosen, and the set time is asked for only if there is to be one.
// Without it the player plays what was saved, and both questions stand there.
"use strict";

(() => {

const form = document.getElementById("campaign_form");

// --- Listen to the file that is chosen --------------------------------------------------------------------------------

const voices = JSON.parse(document.getElementById("voices")?.textContent ?? "null");
const choice = form.elements.voice_file;
const listen = document.getElementById("listen");

if (voices && choice && listen) {
  const audio = listen.querySelector("audio");
  const saved = choice.value;
  const savedParts = [...listen.querySelectorAll(".remarks, .note")];
  choice.addEventListener("change", () => {
    listen.hidden = !voices[choice.value];
    if (!voices[choice.value]) return;
    audio.src = voices[choice.value];
    document.getElementById("listen-name").textContent = choice.selectedOptions[0].textContent;
    for (const part of savedParts) part.hidden = choice.value !== saved; // they are about the file that was saved
  });
}

// --- A set time ------------------------------------------------------------------------------------------------------

const later = form.querySelector("[name=start][value=later]");
const row = form.querySelector(".form-row.field-planned_start");

function showSetTime() {
  row.hidden = !later.checked && !row.querySelector(".errorlist");
}

if (later && row) {
  for (const radio of form.querySelectorAll("[name=start]")) radio.addEventListener("change", showSetTime);
  addEventListener("pageshow", showSetTime); // going back, the browser fills the form in again
  showSetTime();
}

})();
