// The choice of columns: every change is looked at again at once.
"use strict";

const look = document.getElementById("look");

const textChoices = document.querySelectorAll(".text-choices select");

look.addEventListener("change", (event) => {
  // Another sheet has other columns, so the column is guessed anew, and the texts are chosen anew.
  if (event.target.name === "sheet") {
    look.elements.column.value = "";
    for (const select of textChoices) look.elements[select.name].value = "";
  }
  look.submit();
});

// What was chosen for the texts is still there after another look.
for (const select of textChoices) {
  select.addEventListener("change", () => { look.elements[select.name].value = select.value; });
}

for (const radio of document.querySelectorAll("[data-column]")) {
  radio.addEventListener("change", () => {
    look.elements.column.value = radio.value;
    look.submit();
  });
}
