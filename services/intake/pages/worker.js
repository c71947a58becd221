// Opens the quick form where there is no connection. It keeps no answer but that form, which names nobody.

const SHELL_CACHE = "kansen-shell";
const FORM = "/intake/kennismaking";
const SHELL = "/intake/kennismaking/zonder-verbinding";
const PATIENCE_MILLISECONDS = 5_000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function inTime(request) {
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error("late")), PATIENCE_MILLISECONDS));
  return Promise.race([fetch(request), late]);
}

async function formOrShell(request, url) {
  try {
    return await inTime(request);
  } catch {
    const cache = await caches.open(SHELL_CACHE);
    const kept = (await cache.match(SHELL + url.search)) ?? (await cache.match(SHELL, { ignoreSearch: true }));
    return kept ?? fetch(request);
  }
}

async function partOfShell(request) {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(request)) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && (url.pathname === FORM || url.pathname === SHELL)) {
    event.respondWith(formOrShell(event.request, url));
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(partOfShell(event.request));
  }
});
