"use client";

/** Hands a text to the person as a file. */
export function downloadText(name: string, text: string, type = "text/csv;charset=utf-8"): void {
  download(name, new Blob([text], { type }));
}

/** The same for bytes that came as base64. */
export function downloadBytes(name: string, base64: string, type: string): void {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
  download(name, new Blob([bytes], { type }));
}

function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
