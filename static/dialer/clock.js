// What a chosen moment is for the people called: <p data-clock="/address" data-clock-of="id of the input">.
"use strict";

for (const words of document.querySelectorAll("[data-clock]")) {
  const input = document.getElementById(words.dataset.clockOf);
  let newest = 0;

  input.addEventListener("input", async () => {
    const mine = ++newest;
    const response = await fetch(`${words.dataset.clock}?start_at=${encodeURIComponent(input.value)}`);
    if (response.ok && !response.redirected && mine === newest) words.textContent = (await response.text()).trim();
  });
}
