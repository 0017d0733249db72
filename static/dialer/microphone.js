// The part of recorder.js that runs beside the page: passes on what the microphone hears, in blocks.
"use strict";

const BLOCK = 1024; // samples, about a fiftieth of a second

class Microphone extends AudioWorkletProcessor {
  block = new Float32Array(BLOCK);
  filled = 0;

  process([[channel]]) {
    for (let start = 0; channel && start < channel.length;) {
      const part = channel.subarray(start, start + BLOCK - this.filled);
      this.block.set(part, this.filled);
      this.filled += part.length;
      start += part.length;
      if (this.filled === BLOCK) {
        this.port.postMessage(this.block);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
