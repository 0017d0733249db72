// What lists do beyond links and forms. Every list works without it.
"use strict";

(() => {

// --- Filters as a drawer at phone width --------------------------------------------------------------------------

const tools = document.querySelector(".tools");
const filters = tools?.querySelector(".filters");
const opener = tools?.querySelector(".filters-button");

const areFiltersOpen = () => document.body.classList.contains("filters-open");

function showFilters(isShown, { takesFocus = true } = {}) {
  document.body.classList.toggle("filters-open", isShown);
  opener.setAttribute("aria-expanded", String(isShown));
  if (takesFocus) (isShown ? filters.querySelector("summary, a, button") : opener)?.focus();
}

if (filters && opener) {
  tools.classList.add("has-drawer");
  opener.addEventListener("click", () => showFilters(true));
  filters.querySelector(".filters-done").addEventListener("click", () => showFilters(false));
  // Somebody has just looked for a campaign in it.
  if (matchMedia("(max-width: 640px)").matches && filters.querySelector("details[open]")) showFilters(true);
  document.addEventListener("focusin", ({ target }) => {
    const isElsewhere = !filters.contains(target) && !target.contains(filters);
    if (areFiltersOpen() && isElsewhere) showFilters(false, { takesFocus: false });
  });
  document.addEventListener("click", (event) => {
    if (areFiltersOpen() && !filters.contains(event.target) && !opener.contains(event.target)) showFilters(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && areFiltersOpen()) showFilters(false);
  });
}

// --- Campaigns by name, while somebody types ---------------------------------------------------------------------

for (const form of document.querySelectorAll("form[data-campaigns]")) {
  const list = form.parentElement.querySelector("ul");
  const asked = form.querySelector("input[type=search]");
  let timer = null;
  let turn = 0;

  asked.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });

  async function search() {
    const mine = ++turn;
    const found = await fetchCampaigns(form.dataset.campaigns, asked.value);
    if (found && mine === turn) list.replaceChildren(...found.map(choice));
  }
}

async function fetchCampaigns(address, name) {
  try {
    const response = await fetch(`${address}?${new URLSearchParams({ name })}`, { headers: { "X-Requested-With": "fetch" } });
    return response.ok && !response.redirected ? (await response.json()).campaigns : null;
  } catch {
    return null;
  }
}

function choice(campaign) {
  const query = new URLSearchParams(location.search);
  for (const name of ["p", "e", "campaign"]) query.delete(name);
  query.set("campaign__id__exact", campaign.key);
  const link = document.createElement("a");
  link.href = `?${query}`;
  link.textContent = campaign.name;
  const item = document.createElement("li");
  item.append(link);
  return item;
}

// --- Columns are moved at once and kept with the button ----------------------------------------------------------

document.querySelector(".column-choice")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=up], button[name=down]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  if (button.name === "up") item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  button.focus();
});

})();
