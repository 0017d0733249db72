// A file can be dropped onto the field of a form that uploads: <form data-upload>. The field then has it as if it had
// been chosen, and everything else goes on as ever. What is chosen is said with its size.
"use strict";

(() => {

const words = JSON.parse(document.getElementById("upload-words")?.textContent ?? "{}");
const UNITS = [[1024 ** 3, "gigabyte"], [1024 ** 2, "megabyte"], [1024, "kilobyte"], [1, "byte"]]; // as the bar counts

for (const input of document.querySelectorAll("form[data-upload] input[type=file]")) takeDrops(input);

// Beside the area a file would take the place of the page, and what was typed there would be gone.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => {
    if (!holdsFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}

function takeDrops(input) {
  const area = input.closest(".drop-area, .form-row");
  const line = document.createElement("p");
  const look = (name = "") => { area.dataset.drop = name; };
  const say = (sentence, isWrong = false) => {
    if (line.textContent !== sentence) line.textContent = sentence; // said once, however long something hovers
    line.classList.toggle("is-wrong", isWrong);
    line.classList.toggle("is-hint", sentence === words.drop);
  };
  area.dataset.drop = "";
  line.className = "drop-line help";
  line.setAttribute("role", "status");
  say(words.drop);
  (input.closest(".flex-container") ?? input).after(line);

  area.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy"; // else there would be no drop, and nobody would say why
    const isTaken = event.dataTransfer.items.length < 2; // some browsers tell none before the drop
    look(isTaken ? "taken" : "refused");
    say(isTaken ? words.drop_now : words.drop_many, !isTaken);
  });
  area.addEventListener("dragleave", (event) => {
    if (area.contains(event.relatedTarget)) return;
    look();
    tellChosen();
  });
  area.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    look();
    const complaint = complaintOf(event.dataTransfer, input);
    if (complaint) {
      say(complaint, true);
      return;
    }
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", tellChosen);

  function tellChosen() {
    const file = input.files[0];
    say(file ? words.drop_chosen.replace(/\{(\w+)\}/g, (_, key) => ({ name: file.name, size: inWords(file.size) })[key]) : words.drop);
  }
}

function holdsFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

// Why what is dropped is not taken; "" if it is.
function complaintOf(dropped, input) {
  if (input.disabled || input.form.querySelector(".upload-panel[data-busy]")) return words.drop_busy;
  if ([...dropped.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory)) return words.drop_folder;
  if (dropped.files.length > 1) return words.drop_many;
  return dropped.files.length ? "" : words.drop_nothing;
}

function inWords(bytes) {
  const [size, unit] = UNITS.find(([least]) => bytes >= least) ?? UNITS.at(-1);
  const how = { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, how).format(bytes / size);
}

})();
