// The shell of the screens, kept on the device: after a reload without a network a station still shows its frame
// and says that it is not connected, instead of the browser's error page. Data is never kept: an old value must
// not look like a live one. Written by hand; no build step knows this file.
const version = "shell-1";
const offlinePage = "/offline.html";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(version)
      .then((cache) => cache.addAll([offlinePage, "/offline.css", "/icon.svg", "/manifest.webmanifest"]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== version).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

// A page that was on its way while this worker took over belongs to nobody; it asks for itself.
self.addEventListener("message", (event) => {
  if (event.data === "claim") event.waitUntil(self.clients.claim());
});

/** Built files carry their hash in the name, so one that is kept is the right one for ever. */
function isBuilt(url) {
  return url.pathname.startsWith("/_next/static/") || ["/icon.svg", "/offline.css"].includes(url.pathname);
}

async function fromCacheFirst(request) {
  const cache = await caches.open(version);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    await trim(cache);
  }
  return answer;
}

/** Files of old builds are let go, oldest first. */
const keepAtMost = 200;
async function trim(cache) {
  const built = (await cache.keys()).filter((request) => isBuilt(new URL(request.url)));
  await Promise.all(
    built.slice(0, Math.max(0, built.length - keepAtMost)).map((request) => cache.delete(request)),
  );
}

/** A page comes from the network while there is one; without, a page of our own says so and tries again. */
async function page(request) {
  try {
    return await fetch(request);
  } catch {
    const kept = await caches.match(offlinePage);
    return kept ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  // Records and sockets are never answered from here.
  if (url.pathname.startsWith("/api/") || url.pathname.startsWith("/socket.io/")) return;
  if (isBuilt(url)) event.respondWith(fromCacheFirst(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
});
