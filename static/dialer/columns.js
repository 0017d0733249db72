// The choice of columns: every change is looked at again at once.
"use strict";

const look = document.getElementById("look");

look.addEventListener("change", (event) => {
  // Another sheet has other columns, so the column is guessed anew.
  if (event.target.name === "sheet") look.elements.column.value = "";
  look.submit();
});

for (const radio of document.querySelectorAll("[data-column]")) {
  radio.addEventListener("change", () => {
    look.elements.column.value = radio.value;
    look.submit();
  });
}
