// The form of a campaign: hides what the chosen account's carrier can't do, and shows texts as people get them.
// Without it all fields are there, and the server says which of them the carrier can't do.
"use strict";

(() => {

const form = document.getElementById("campaign_form");
const known = JSON.parse(document.getElementById("abilities")?.textContent ?? "null");
if (!form || !known) return;

const boxOf = (name) => form.querySelector(`.fieldBox.field-${name}`) ?? form.querySelector(`.form-row.field-${name}`);
const inputsOf = (box) => box.querySelectorAll("input, select, textarea");
// A step of the guided path has some of them only; then the page tells what the others chose.
const account = form.elements.account;
const kind = form.elements.kind;
const delivery = form.elements.voice_delivery;
const language = form.elements.speech_language;
const periods = document.getElementById("carrier_periods-group");

// --- Only what the carrier can do ---------------------------------------------------------------------------------

// What is hidden is not sent, so it keeps its default. A field with a complaint is never hidden.
function show(name, isWanted) {
  const box = boxOf(name);
  if (!box) return;
  const isShown = isWanted || Boolean(box.querySelector(".errorlist"));
  box.hidden = !isShown;
  for (const input of inputsOf(box)) input.disabled = !isShown;
}

// Of a select only these options; if the chosen one is not among them, the first that is.
function offer(select, values) {
  if (!select) return;
  for (const option of select.options) {
    const isOffered = option.value === "" || values.includes(option.value);
    option.hidden = option.disabled = !isOffered;
  }
  const chosen = select.selectedOptions[0];
  if (!chosen || chosen.disabled) select.value = [...select.options].find((option) => !option.disabled)?.value ?? "";
}

const accountOfCampaign = () => account?.value ?? known.account;
const wayOfCampaign = () => delivery?.value ?? "";

// How the message reaches each carrier: the campaign's own way, and that of each further account if it has another.
function ways() {
  const isGone = (select) => form.elements[select.name.replace(/account$/, "DELETE")]?.checked;
  const rows = [...form.querySelectorAll("select[name^=routes-][name$=-account]")];
  const further = rows.filter((select) => select.value && !isGone(select));
  const wayOf = (select) => form.elements[select.name.replace(/account$/, "voice_delivery")]?.value || wayOfCampaign();
  return [
    { account: accountOfCampaign(), delivery: wayOfCampaign() },
    ...further.map((select) => ({ account: select.value, delivery: wayOf(select) })),
  ];
}

// Those that all carriers speak which are to speak.
function languagesOf(speakers) {
  const lists = speakers.map((way) => (known.accounts[way.account] ?? known.common).languages);
  return lists.reduce((all, list) => all.filter((code) => list.includes(code)));
}

function hasPeriods() {
  return [...periods.querySelectorAll("tr.form-row:not(.empty-form) input[type=time]")].some((input) => input.value);
}

function update() {
  const can = known.accounts[accountOfCampaign()] ?? known.common;
  offer(kind, can.kinds);
  offer(delivery, can.deliveries);
  const isMenu = (kind?.value ?? known.kind) === known.menu;
  for (const [name, feature] of Object.entries(known.fields)) {
    const isOffered = can.features.includes(feature) && !(isMenu && known.batchFields.includes(name));
    show(name, isOffered || (isMenu && known.menuFields.includes(name)));
  }
  show("kind", can.kinds.length > 1);
  const speakers = ways().filter((way) => way.delivery === known.spoken);
  for (const name of known.speechFields) show(name, speakers.length > 0);
  const isPlayed = ways().some((way) => way.delivery !== known.spoken);
  for (const name of ["voice_file", "new_sound", "new_name"]) show(name, isPlayed);
  if (speakers.length) offer(language, languagesOf(speakers));
  if (periods) periods.hidden = !can.features.includes(known.fields.carrier_periods) && !hasPeriods();
  const zone = form.querySelector("[data-zone]");
  if (zone && can.zone) zone.textContent = can.zone;
  foldEmptyParts();
}

// A line without visible fields is hidden, and so is a part without visible lines.
function foldEmptyParts() {
  for (const row of form.querySelectorAll("fieldset.module > .form-row, fieldset.module > div > .form-row")) {
    const boxes = row.querySelectorAll(".fieldBox");
    if (boxes.length) row.hidden = [...boxes].every((box) => box.hidden);
  }
  for (const part of form.querySelectorAll("fieldset.module")) {
    const rows = part.querySelectorAll(".form-row");
    if (!part.closest(".inline-group") && rows.length) part.hidden = [...rows].every((row) => row.hidden);
  }
}

form.addEventListener("change", (event) => {
  if ([account, kind, delivery].includes(event.target) || event.target.name?.startsWith("routes-")) update();
});
document.addEventListener("formset:removed", update);
addEventListener("pageshow", update); // going back, the browser fills the form in again
update();

// --- Texts as people get them -------------------------------------------------------------------------------------

const PAUSE_MILLISECONDS = 350; // after the last key

for (const area of form.querySelectorAll("textarea[data-preview]")) keepPreview(area);

function keepPreview(area) {
  const shown = document.createElement("div");
  shown.className = "text-preview";
  shown.setAttribute("role", "status");
  shown.setAttribute("aria-label", known.previewLabel);
  area.closest(".flex-container").parentElement.append(shown);
  let newest = 0;
  let timer = null;

  async function refresh() {
    const mine = ++newest;
    const said = new FormData();
    said.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    said.set("part", area.dataset.preview);
    said.set("text", area.value);
    const html = await fetchPreview(said);
    if (html !== null && mine === newest) shown.innerHTML = html;
  }

  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MILLISECONDS);
  });
  // A button of the preview writes the name of a text where the cursor is.
  shown.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    area.setRangeText(button.dataset.insert, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    refresh();
  });
  refresh();
}

async function fetchPreview(said) {
  try {
    const response = await fetch(known.preview, { method: "POST", body: said });
    // A redirect leads to the login page: not what belongs here.
    return response.ok && !response.redirected ? await response.text() : null;
  } catch {
    return null;
  }
}

})();
