// Uploads in pieces: <form data-upload data-pieces="/address" data-purpose="…" data-campaign="…">. A file that is larger
// than one piece is sent piece by piece, waits when the connection breaks, and goes on after a reload when the same file
// is chosen again. When it is whole, the form is sent with its key in the place of the file. Smaller files, and browsers
// without scripts, send the form as it is.
"use strict";

(() => {

const PIECE_BYTES = 2 * 1024 * 1024; // of which the checksum tells the same file; the server says how large pieces may be
const MB = 1024 * 1024;
const PIECE_SECONDS = 120; // a piece that takes longer is sent again
const LONGEST_WAIT = 30; // seconds between two tries without a connection
const DAMAGED_TRIES = 3;
const words = JSON.parse(document.getElementById("upload-words")?.textContent ?? "{}");

for (const form of document.querySelectorAll("form[data-pieces]")) {
  form.addEventListener("submit", (event) => {
    const input = form.querySelector("input[type=file]");
    const file = input?.files[0];
    if (!file || file.size <= PIECE_BYTES) return;
    event.preventDefault(); // console.js leaves it to us
    event.stopImmediatePropagation();
    if (!form.querySelector(".upload-panel[data-busy]") && form.reportValidity()) new Upload(form, input, file, event.submitter).run();
  }, { capture: true });
}

// "Choose the same file": the form's own field opens, and what is chosen starts at once.
for (const button of document.querySelectorAll("[data-choose-file]")) {
  const form = document.querySelector("form[data-pieces]");
  const input = form?.querySelector("input[type=file]");
  if (!input) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    input.addEventListener("change", () => { if (input.files.length) form.requestSubmit(); }, { once: true });
    input.click();
  });
}

function say(name, values = {}) {
  return (words[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

const inFigures = (options) => new Intl.NumberFormat(document.documentElement.lang, options).format;
const count = inFigures();
const percent = inFigures({ style: "percent" });
const tenths = inFigures({ minimumFractionDigits: 1, maximumFractionDigits: 1 });

function megabytes(bytes) {
  return tenths(bytes / MB);
}

// --- CRC-32 as zlib makes it, which needs no HTTPS as the browser's own digests do ---------------------------------

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

function crc(bytes, before = 0) {
  let value = ~before;
  for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ TABLE[(value ^ bytes[i]) & 0xff];
  return ~value >>> 0;
}

// --- One upload ----------------------------------------------------------------------------------------------------

class Stopped extends Error {} // by a sentence that the panel shows already

class Upload {
  constructor(form, input, file, submitter) {
    Object.assign(this, { form, input, file, submitter, key: "", received: 0, checksum: 0, isPaused: false, isOver: false });
    this.panel = new Panel(form, file, { pause: () => this.pause(), cancel: () => this.cancel() });
  }

  async run() {
    try {
      await this.begin();
      if (await this.goTo(this.standing)) {
        while (this.received < this.file.size) await this.sendPiece();
        if (!this.isOver) this.handIn();
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  async begin() {
    this.panel.tell(say("begins"));
    const first = crc(await this.read(0, PIECE_BYTES));
    const { purpose, campaign } = this.form.dataset;
    const order = new URLSearchParams({ purpose, campaign, name: this.file.name, size: this.file.size, first_checksum: first });
    this.standing = await this.ask(this.form.dataset.pieces, order);
    await this.follow();
  }

  // What the server has must be the beginning of this very file; else it is removed and begun anew.
  async follow() {
    const { key, received, checksum } = this.standing;
    this.key = key;
    this.panel.hideWaiting(key);
    if (!received || (await this.checksumOf(received)) === checksum) return;
    this.panel.tell(say("other"));
    await this.ask(this.standing.remove_url, "", { missing: true });
    await this.begin();
  }

  async checksumOf(end) {
    let value = 0;
    for (let at = 0; at < end; at += PIECE_BYTES) value = crc(await this.read(at, Math.min(at + PIECE_BYTES, end)), value);
    return value;
  }

  goTo({ received, checksum }) {
    this.received = received;
    this.checksum = checksum;
    if (received) this.panel.tell(say("resumed", this.amounts()));
    this.panel.startsAt(received);
    return !this.isOver;
  }

  async sendPiece() {
    const end = Math.min(this.received + this.standing.piece_bytes, this.file.size);
    const piece = await this.read(this.received, end);
    const checksum = crc(piece, this.checksum);
    const answer = await this.ask(this.standing.piece_url, piece, {
      headers: { "Upload-Offset": this.received, "Upload-Checksum": checksum, "Content-Type": "application/octet-stream" },
      onProgress: (loaded) => this.panel.advance(Math.min(this.received + loaded, end)),
    });
    if (answer.received === end && answer.checksum === checksum) {
      Object.assign(this, { received: end, checksum, damaged: 0 });
      this.panel.advance(end);
      return;
    }
    // Another tab was faster, or the piece was damaged: go on where the server is.
    this.damaged = answer.received === this.received ? (this.damaged ?? 0) + 1 : 0;
    if (this.damaged > DAMAGED_TRIES) this.end(say("damaged"));
    Object.assign(this.standing, answer);
    await this.follow();
    Object.assign(this, { received: this.standing.received, checksum: this.standing.checksum });
  }

  handIn() {
    this.isWhole = "canBeTakenBack" in this.form.dataset;
    this.panel.whole(say("whole"), this.isWhole);
    this.isOver = true;
    this.add("upload_key", this.key);
    if (this.submitter?.name) this.add(this.submitter.name, this.submitter.value); // the button that was pressed
    this.input.disabled = true; // the file is there already
    this.order = new XMLHttpRequest();
    this.order.open("POST", this.form.action);
    this.order.addEventListener("load", () => showAnswer(this.order)); // of console.js
    this.order.addEventListener("error", () => this.panel.tell(say("unheard")));
    this.order.send(new FormData(this.form));
  }

  add(name, value) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    field.dataset.added = "";
    this.form.append(field);
  }

  // What the server makes of a whole upload is kept only if the upload is still there at the end.
  async takeBack() {
    this.order.abort();
    const { status } = await this.send(this.standing.remove_url, "", {});
    if (status === 204) {
      for (const field of this.form.querySelectorAll("[data-added]")) field.remove();
      this.input.disabled = false;
      this.panel.end(say("removed"));
    } else if (status === 404) {
      location.reload(); // the server was faster: what became of it is there
    } else {
      this.panel.tell(say("unheard"));
    }
  }

  pause() {
    this.isPaused = !this.isPaused;
    this.panel.paused(this.isPaused);
    if (this.isPaused) {
      this.panel.tell(say("paused", this.amounts()));
      this.request?.abort();
    } else {
      this.panel.startsAt(this.received);
    }
    this.wake?.();
  }

  async cancel() {
    if (this.isWhole) return this.takeBack();
    this.isOver = true;
    this.request?.abort();
    this.wake?.();
    const isGone = !this.standing || (await this.send(this.standing.remove_url, "", {})).status < 500;
    this.panel.end(say(isGone ? "removed" : "offline", { count: count(0) }));
    if (!isGone) this.panel.showWaiting(this.key);
  }

  end(sentence) {
    this.isOver = true;
    this.panel.end(sentence);
    this.panel.showWaiting(this.key);
    throw new Stopped();
  }

  amounts() {
    return { done: megabytes(this.received), total: megabytes(this.file.size) };
  }

  async read(start, end) {
    try {
      return new Uint8Array(await this.file.slice(start, end).arrayBuffer());
    } catch {
      return this.end(say("unreadable"));
    }
  }

  // The server's answer, however long the connection is away. Ends the upload if the server refuses.
  async ask(address, body, options = {}) {
    for (let tries = 0; ; ) {
      await this.whilePaused();
      const { status, answer, isElsewhere } = await this.send(address, body, options);
      if (this.isOver) throw new Stopped();
      if (this.isPaused) continue;
      if (isElsewhere) {
        this.pause();
        this.panel.tell(say("login"));
        continue;
      }
      if (status === 200 || status === 204 || status === 409 || (status === 404 && options.missing)) return answer;
      if (status === 404) this.end(say("gone"));
      if (status === 403) this.end(say("forbidden"));
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) this.end(answer?.sentence ?? say("damaged"));
      await this.waitForConnection(Math.min(2 ** tries++, LONGEST_WAIT));
    }
  }

  send(address, body, { headers = {}, onProgress }) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("POST", address);
      request.timeout = PIECE_SECONDS * 1000;
      const all = { "X-CSRFToken": csrfToken(this.form), "X-Requested-With": "XMLHttpRequest", ...headers };
      for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
      if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
      request.addEventListener("loadend", () => {
        const isElsewhere = Boolean(request.responseURL) && new URL(request.responseURL).pathname !== new URL(address, location).pathname;
        resolve({ status: request.status, answer: parsed(request.responseText), isElsewhere });
      });
      request.send(body);
    });
  }

  async whilePaused() {
    while (this.isPaused && !this.isOver) await new Promise((resolve) => { this.wake = resolve; });
    if (this.isOver) throw new Stopped();
  }

  // Counts the seconds down; a connection that is back, or a button, ends the wait.
  async waitForConnection(seconds) {
    let isAwake = false;
    const wakeUp = () => { isAwake = true; };
    addEventListener("online", wakeUp, { once: true });
    this.panel.announce(say("offline", { count: count(seconds) }));
    for (let left = seconds; left > 0 && !isAwake && !this.isPaused && !this.isOver; left--) {
      this.panel.show(say("offline", { count: count(left) }));
      await new Promise((resolve) => {
        this.wake = resolve;
        addEventListener("online", resolve, { once: true });
        setTimeout(resolve, 1000);
      });
    }
    removeEventListener("online", wakeUp);
    if (!this.isPaused && !this.isOver) this.panel.show(say("again"));
    this.panel.startsAt(this.received);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// The cookie is the newest: it changes when somebody logs in again.
function csrfToken(form) {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? form.elements.csrfmiddlewaretoken.value;
}

// --- What is seen and heard of it ------------------------------------------------------------------------------------

class Panel {
  constructor(form, file, { pause, cancel }) {
    form.querySelector(".upload-panel")?.remove();
    this.form = form;
    this.total = file.size;
    this.element = make("div", "upload-panel");
    this.element.dataset.busy = "";
    this.bar = make("progress");
    Object.assign(this.bar, { max: file.size, value: 0 });
    this.bar.setAttribute("aria-label", say("bar", { name: file.name }));
    this.line = make("p", "upload-line");
    this.voice = make("p", "visually-hidden"); // what changes by the second would be read out without end
    this.voice.setAttribute("role", "status");
    this.pauseButton = button(say("pause"), pause);
    this.cancelButton = button(say("cancel"), cancel);
    const buttons = make("div", "choices");
    buttons.append(this.pauseButton, this.cancelButton);
    this.element.append(make("p", "upload-name", file.name), this.bar, this.line, this.voice, buttons);
    form.append(this.element);
    this.hold(true);
  }

  // While it runs, the form rests.
  hold(isHeld) {
    for (const part of this.form.querySelectorAll("input[type=submit], button[type=submit]")) part.disabled = isHeld;
  }

  startsAt(bytes) {
    this.begunAt = bytes;
    this.begun = performance.now();
    this.bar.value = bytes;
  }

  advance(bytes) {
    this.bar.value = bytes;
    const seconds = (performance.now() - this.begun) / 1000;
    const rate = (bytes - this.begunAt) / Math.max(seconds, 0.001);
    const parts = [say("progress", { done: megabytes(bytes), total: megabytes(this.total) })];
    if (seconds > 1 && rate > 0) {
      const left = (this.total - bytes) / rate;
      parts.push(say("rate", { rate: megabytes(rate) }));
      parts.push(left < 90 ? say("seconds", { count: count(Math.ceil(left)) }) : say("minutes", { count: count(Math.ceil(left / 60)) }));
    }
    this.show(parts.join(" · "));
    const quarter = Math.floor((bytes / this.total) * 4) * 25;
    if (quarter !== this.quarter) {
      this.quarter = quarter;
      if (quarter && quarter < 100) this.announce(say("percent", { percent: percent(quarter / 100) }));
    }
  }

  show(sentence) { this.line.textContent = sentence; }
  announce(sentence) { this.voice.textContent = sentence; }
  tell(sentence) {
    this.show(sentence);
    this.announce(sentence);
  }

  paused(isPaused) { this.pauseButton.textContent = say(isPaused ? "resume" : "pause"); }

  whole(sentence, canBeTakenBack) {
    this.bar.removeAttribute("value"); // nobody knows how long the server looks
    this.pauseButton.remove();
    if (!canBeTakenBack) this.cancelButton.remove();
    this.tell(sentence);
  }

  end(sentence) {
    this.tell(sentence);
    this.bar.remove();
    this.pauseButton.remove();
    this.cancelButton.remove();
    delete this.element.dataset.busy;
    this.hold(false);
  }

  hideWaiting(key) { document.querySelector(`[data-waiting="${key}"]`)?.setAttribute("hidden", ""); }
  showWaiting(key) { document.querySelector(`[data-waiting="${key}"]`)?.removeAttribute("hidden"); }
}

function make(name, className = "", text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

function button(text, onClick) {
  const element = make("button", "button", text);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}

})();
