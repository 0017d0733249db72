// Record one's voice in a form that uploads a sound: <section id="recorder"> goes into the row of its file field, and
// what is recorded becomes the file of that field, a WAV as it was heard. From there on it is an upload like any other.
// It is played from memory, so that no page has to allow other sources of sound.
"use strict";

(() => {

const recorder = document.getElementById("recorder");
const form = recorder?.closest("form");
const input = form?.querySelector("input[type=file]");
if (!recorder || !input) return;

const words = JSON.parse(document.getElementById("recorder-words").textContent);
const part = (name) => recorder.querySelector(`[data-recorder="${name}"]`);
const buttons = Object.fromEntries([...recorder.querySelectorAll("button")].map((button) => [button.dataset.recorder, button]));
const [text, level, timer, line] = ["text", "level", "timer", "line"].map(part);
const LONGEST = Number(recorder.dataset.longest); // seconds
const SHORTEST = Number(recorder.dataset.shortest);
const AUDIBLE = 10 ** (-50 / 20); // as dialer/audio.py hears it
const LEAST_HEARD = 0.2; // seconds of it
const QUIET_AFTER = 3; // seconds without a sound, until somebody is told
const FLOOR = -60; // dBFS, where the level begins
const WISHES = { channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true };
const FAILURES = {
  NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing",
  NotReadableError: "busy", AbortError: "busy",
};
const SHOWN = { // buttons in each state; the first one is the next thing to do
  empty: ["record"],
  asking: [],
  recording: ["stop"],
  ready: ["use", "listen", "again", "discard"],
  playing: ["pause", "use", "again", "discard"],
  used: ["again"],
};

let state = "";
let take = null; // the recording: blocks of 16-bit samples with their rate
let playback = null;

const field = input.closest(".form-row");
field.append(recorder);
recorder.hidden = false;
level.min = FLOOR;
level.max = 0;
keepText();
go("empty");

buttons.record.addEventListener("click", record);
buttons.again.addEventListener("click", record);
buttons.stop.addEventListener("click", () => finish());
buttons.listen.addEventListener("click", listen);
buttons.pause.addEventListener("click", silence);
buttons.use.addEventListener("click", use);
buttons.discard.addEventListener("click", () => {
  silence();
  take = null;
  go("empty", words.discarded);
});
input.addEventListener("change", (event) => { if (state === "used" && event.isTrusted) go("empty"); }); // another file

// Whoever sends the form with a recording that nobody decided about would lose it.
form.addEventListener("submit", (event) => {
  if (!isUndecided()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (state === "recording") finish();
  if (take) say(words.undecided, true);
  recorder.querySelector("button:not([hidden])").focus();
}, { capture: true });
addEventListener("beforeunload", (event) => { if (isUndecided()) event.preventDefault(); });

function isUndecided() {
  return ["recording", "ready", "playing"].includes(state);
}

// --- What is seen and heard of it ------------------------------------------------------------------------------------

// Whoever pressed a button that is gone now finds themselves at the next one.
function go(next, sentence = "", { isWrong = false } = {}) {
  const hadFocus = recorder.contains(document.activeElement) && document.activeElement !== text;
  state = recorder.dataset.state = next;
  for (const [name, button] of Object.entries(buttons)) button.hidden = !SHOWN[next].includes(name);
  level.hidden = next !== "recording";
  timer.hidden = !take;
  say(sentence, isWrong);
  if (hadFocus) (buttons[SHOWN[next][0]] ?? recorder).focus();
}

function say(sentence, isWrong = false) {
  if (line.textContent !== sentence) line.textContent = sentence;
  line.classList.toggle("is-wrong", isWrong);
}

function showTime(seconds) {
  const whole = Math.floor(seconds);
  timer.textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The text begins as the one that is to be spoken, and outlives a mistake in the form.
function keepText() {
  const key = `recorder ${location.pathname}`;
  text.value = sessionStorage.getItem(key) ?? form.elements.speech_text?.value ?? "";
  text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
}

// --- The microphone --------------------------------------------------------------------------------------------------

async function record() {
  silence();
  if (!isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    go(state, words.insecure, { isWrong: true });
    return;
  }
  if (!window.AudioWorkletNode) {
    go(state, words.unable, { isWrong: true });
    return;
  }
  const before = state;
  go("asking", words.asking);
  const context = new AudioContext();
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: WISHES });
    await context.resume();
    await context.audioWorklet.addModule(recorder.dataset.worklet);
    hear(new Take(context, stream));
  } catch (error) {
    for (const track of stream?.getTracks() ?? []) track.stop();
    context.close();
    go(before, words[FAILURES[error.name]] ?? words.broken, { isWrong: true });
  }
}

function hear(fresh) {
  take = fresh;
  fresh.onBlock = () => {
    showTime(fresh.seconds);
    level.value = Math.max(FLOOR, 20 * Math.log10(fresh.peak || 1e-9));
    if (!fresh.heard && fresh.seconds > QUIET_AFTER) say(words.quiet, true);
    else say(words.recording);
    if (fresh.seconds >= LONGEST) finish(words.full);
  };
  fresh.onLost = () => { if (state === "recording") finish(words.lost); };
  showTime(0);
  go("recording", words.recording);
  recorder.scrollIntoView({ block: "nearest" });
}

// The recording is over, and is offered if there is anything in it.
function finish(sentence = "") {
  take.end();
  const { seconds, heard } = take;
  if (seconds < SHORTEST || heard < LEAST_HEARD) {
    take = null;
    go("empty", seconds < SHORTEST ? words.short : words.silent, { isWrong: true });
    return;
  }
  showTime(seconds);
  go("ready", sentence || words.ready);
}

class Take {
  blocks = [];
  samples = 0;
  heard = 0; // seconds in which there was something
  peak = 0; // of the newest block

  constructor(context, stream) {
    Object.assign(this, { context, stream, rate: context.sampleRate });
    const node = new AudioWorkletNode(context, "microphone", { channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => this.add(data);
    context.createMediaStreamSource(stream).connect(node);
    node.connect(context.destination); // where it says nothing; but what leads nowhere is not asked
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.onLost());
  }

  get seconds() { return this.samples / this.rate; }

  add(block) {
    if (!this.context) return;
    let power = 0;
    this.peak = 0;
    this.blocks.push(Int16Array.from(block, (sample) => {
      power += sample * sample;
      this.peak = Math.max(this.peak, Math.abs(sample));
      return Math.max(-1, Math.min(1, sample)) * 32767;
    }));
    this.samples += block.length;
    if (Math.sqrt(power / block.length) >= AUDIBLE) this.heard += block.length / this.rate;
    this.onBlock();
  }

  end() {
    for (const track of this.stream.getTracks()) track.stop(); // the sign of the browser goes out
    this.context?.close();
    this.context = null;
  }

  // A WAV file: a header of 44 bytes and the samples.
  file(name) {
    const header = new DataView(new ArrayBuffer(44));
    const bytes = this.samples * 2;
    const write = (at, letters) => [...letters].forEach((letter, place) => header.setUint8(at + place, letter.charCodeAt(0)));
    const long = (at, value) => header.setUint32(at, value, true);
    const short = (at, value) => header.setUint16(at, value, true);
    write(0, "RIFF"); long(4, 36 + bytes); write(8, "WAVEfmt "); long(16, 16); short(20, 1); short(22, 1);
    long(24, this.rate); long(28, this.rate * 2); short(32, 2); short(34, 16); write(36, "data"); long(40, bytes);
    return new File([header, ...this.blocks], name, { type: "audio/wav" });
  }

  // What plays it, and when it ends.
  play(onEnd) {
    const context = new AudioContext();
    const buffer = context.createBuffer(1, this.samples, this.rate);
    const channel = buffer.getChannelData(0);
    let at = 0;
    for (const block of this.blocks) for (const sample of block) channel[at++] = sample / 32767;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.addEventListener("ended", onEnd);
    source.connect(context.destination);
    source.start();
    return { context, stop() { source.removeEventListener("ended", onEnd); context.close(); } };
  }
}

// --- Listen, and use it ----------------------------------------------------------------------------------------------

function listen() {
  playback = take.play(() => {
    silence();
    showTime(take.seconds);
    go("ready", words.ready);
  });
  go("playing", words.playing);
  const { context } = playback;
  const follow = () => {
    if (playback?.context !== context) return;
    showTime(Math.min(context.currentTime, take.seconds));
    requestAnimationFrame(follow);
  };
  follow();
}

function silence() {
  if (!playback) return;
  playback.stop();
  playback = null;
  if (state === "playing") {
    showTime(take.seconds);
    go("ready", words.ready);
  }
}

function use() {
  silence();
  const at = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  const name = words.name.replace("{when}", `${at.slice(0, 10)} ${at.slice(11, 19).replaceAll(":", ".")}`);
  const files = new DataTransfer();
  files.items.add(take.file(`${name}.wav`));
  input.files = files.files;
  go("used", words.used);
  input.dispatchEvent(new Event("change", { bubbles: true }));
  if (form.reportValidity()) form.requestSubmit(form.querySelector("input[type=submit]")); // else something is missing
}

})();
