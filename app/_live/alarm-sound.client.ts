"use client";

import { useEffect, useState } from "react";

/** Alarm sounds people can tell apart: pitches more than a fifth apart, and another rhythm each (ux §3.5). */
const patterns = {
  1: { tones: [988, 740, 988, 740], length: 0.16, pause: 0.05, everyMs: 3000 },
  2: { tones: [587, 784], length: 0.22, pause: 0.08, everyMs: 15_000 },
  3: { tones: [440], length: 0.3, pause: 0, everyMs: 60_000 },
} as const;
type Sounding = keyof typeof patterns;

let context: AudioContext | undefined;

function audio(): AudioContext {
  context ??= new AudioContext();
  return context;
}

/** Plays a priority's sound once. Priority 4 has none. */
export function play(priority: 1 | 2 | 3 | 4): void {
  if (priority === 4) return;
  const { tones, length, pause } = patterns[priority];
  const output = audio();
  if (output.state !== "running") return;
  tones.forEach((pitch, i) => {
    const start = output.currentTime + i * (length + pause);
    const tone = output.createOscillator();
    const volume = output.createGain();
    tone.type = "triangle";
    tone.frequency.value = pitch;
    // Without the ramp each tone begins and ends with a click.
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.9, start + 0.015);
    volume.gain.setValueAtTime(0.9, start + length - 0.03);
    volume.gain.linearRampToValueAtTime(0, start + length);
    tone.connect(volume).connect(output.destination);
    tone.start(start);
    tone.stop(start + length);
  });
}

export interface AlarmSound {
  /** Browsers keep a page silent until somebody touched it; that must be seen, not found out. */
  readonly suspended: boolean;
  /** To be called from a touch. */
  wake(): void;
}

/** Sounds the most urgent alarm that nobody took, again and again until somebody does. */
export function useAlarmSound(priority: 1 | 2 | 3 | 4 | null): AlarmSound {
  const [suspended, setSuspended] = useState(false);
  useEffect(() => {
    const output = audio();
    const look = () => setSuspended(output.state !== "running");
    look();
    output.addEventListener("statechange", look);
    // Any touch of the screen is the permission browsers ask for.
    const wake = () => void output.resume().catch(() => {});
    addEventListener("pointerdown", wake, { passive: true });
    return () => {
      output.removeEventListener("statechange", look);
      removeEventListener("pointerdown", wake);
    };
  }, []);
  const sounding: Sounding | null = priority === 4 ? null : priority;
  useEffect(() => {
    if (sounding === null || suspended) return undefined;
    play(sounding);
    const timer = setInterval(() => play(sounding), patterns[sounding].everyMs);
    return () => clearInterval(timer);
  }, [sounding, suspended]);
  return {
    suspended,
    wake: () =>
      void audio()
        .resume()
        .catch(() => {}),
  };
}
