// Keeps forms on this device until they have been sent, sealed so that nobody can read them here, and sends them once.
// The element [data-kept] of a page says where to send, how to seal, and holds every word that is shown.

const STORE = "kept";
const KEPT_MAX = 50;
const PATIENCE_MILLISECONDS = 10_000;
const AGAIN_MILLISECONDS = 30_000;
const LOCK = "kansen-kept-forms";
const SHELL_CACHE = "kansen-shell";
const INFO = new TextEncoder().encode("kansen kept form");
const place = document.querySelector("[data-kept]");

export const able = Boolean(place && window.isSecureContext && crypto.subtle && window.indexedDB);

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function seal(fields, owner, id) {
  const theirs = await crypto.subtle.importKey(
    "raw", bytesOf(place.dataset.key), { name: "ECDH", namedCurve: "P-256" }, false, []);
  const ours = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: point, info: INFO }, material, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(`${owner}/${id}`);
  const text = new TextEncoder().encode(JSON.stringify(fields));
  const body = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData }, key, text));
  return btoa(String.fromCharCode(...point, ...nonce, ...body));
}

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("kansen", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const work = database.transaction(STORE, mode, { durability: "strict" });
      const asked = act(work.objectStore(STORE));
      work.oncomplete = () => resolve(asked.result);
      work.onabort = work.onerror = () => reject(work.error);
    });
  } finally {
    database.close();
  }
}

const all = () => inStore("readonly", (store) => store.getAll());
const write = (form) => inStore("readwrite", (store) => store.put(form));
const forget = (id) => inStore("readwrite", (store) => store.delete(id));

// Gives what became of it: "kept", or "full" when too many wait already. It is on the device for sure when this returns.
export async function keep(id, fields) {
  const others = (await all()).filter((form) => form.id !== id);
  if (others.length >= KEPT_MAX) return "full";
  const owner = place.dataset.owner;
  await write({ id, owner, sealed: await seal(fields, owner, id), state: "waiting" });
  await show();
  return "kept";
}

function asked(path, options = {}) {
  return fetch(path, { ...options, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
}

// Who is signed in now, and the token for their forms: null without a session, an exception without a connection.
async function session() {
  const answer = await asked(place.dataset.session);
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return null;
  if (!answer.ok) throw new Error("not available");
  return answer.json();
}

async function sendOne(form, token) {
  const body = new URLSearchParams({ csrf: token, id: form.id, owner: form.owner, sealed: form.sealed });
  const answer = await asked(place.dataset.send, { method: "POST", body });
  if (!answer.ok) throw new Error("not available");
  const told = await answer.json();
  if (told.outcome === "saved") await forget(form.id);
  else await write({ ...form, state: told.outcome });
  return told;
}

let signedIn = true;
const sent = [];

// Sends what waits of whoever is signed in. Gives what the server told by id; what is not in it still waits.
export async function sendAll() {
  const outcomes = new Map();
  await navigator.locks.request(LOCK, async () => {
    try {
      const waiting = (await all()).filter((form) => form.state === "waiting");
      if (waiting.length === 0) return;
      const who = await session();
      signedIn = who !== null;
      document.dispatchEvent(new Event("kept-forms:connected"));
      for (const form of waiting.filter((each) => who && each.owner === who.owner)) {
        const told = await sendOne(form, who.token);
        outcomes.set(form.id, told);
        if (told.outcome === "saved") sent.push(told.signal);
      }
    } catch {
      // No connection, or a server that is away: it waits here until the next time.
    }
  });
  await show();
  return outcomes;
}

// Brings what was refused back to its form, where it says what is wrong.
export async function correct(id) {
  const form = (await all()).find((each) => each.id === id);
  const who = await session().catch(() => null);
  if (!form || !who || who.owner !== form.owner) return show();
  const carrier = place.querySelector("form[data-kept-correct]");
  for (const [name, value] of Object.entries({ csrf: who.token, id, owner: form.owner, sealed: form.sealed })) {
    carrier.elements.namedItem(name).value = value;
  }
  carrier.submit();
}

async function discard(id) {
  if (!window.confirm(place.dataset.discard)) return;
  await forget(id);
  await show();
}

function tell(name, count) {
  const line = place.querySelector(`[data-kept-line="${name}"]`);
  line.hidden = count === 0;
  for (const number of line.querySelectorAll("[data-kept-count]")) number.textContent = String(count);
}

// What was sent later can be read back: a link to each, which names nobody.
function linkSent() {
  const list = place.querySelector("[data-kept-sent]");
  for (const signal of sent.slice(list.children.length)) {
    const item = list.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
    const link = item.querySelector("a");
    link.setAttribute("href", link.getAttribute("href") + signal);
    link.textContent += ` ${list.children.length + 1}`;
    list.append(item);
  }
}

async function show() {
  // What is being corrected on this very page is not complained of above it.
  const here = document.querySelector("form[data-keeps]")?.elements.namedItem("key").value;
  const forms = (await all()).filter((form) => form.id !== here || form.state === "waiting");
  const mine = forms.filter((form) => form.owner === place.dataset.owner);
  const of = (state) => mine.filter((form) => form.state === state);
  tell("waiting", of("waiting").length);
  tell("signed-out", of("waiting").length && !signedIn ? 1 : 0);
  tell("refused", of("refused").length);
  tell("unreadable", of("unreadable").length);
  tell("others", forms.length - mine.length);
  tell("sent", sent.length);
  linkSent();
  const first = of("refused")[0] ?? of("unreadable")[0];
  for (const button of place.querySelectorAll("button[data-kept-act]")) button.value = first?.id ?? "";
}

// Signing out leaves nothing on a shared device with which the next person could write under this name.
async function onSignOut(event) {
  if (event.target.dataset.keptAsked !== undefined) return;
  event.preventDefault();
  // A device that keeps nothing has nothing to ask about: signing out always works.
  const mine = (await all().catch(() => [])).filter((form) => form.owner === place.dataset.owner);
  if (mine.length > 0 && !window.confirm(place.dataset.signOut)) return;
  await caches.delete(SHELL_CACHE).catch(() => false);
  event.target.dataset.keptAsked = "";
  event.target.requestSubmit();
}

async function start() {
  const saved = document.querySelector("[data-kept-saved]");
  if (saved) await forget(saved.dataset.keptSaved);
  for (const button of place.querySelectorAll("button[data-kept-act]")) {
    button.addEventListener("click", () => (button.dataset.keptAct === "correct" ? correct : discard)(button.value));
  }
  document.querySelector('form[action="/desk/afmelden"]')?.addEventListener("submit", onSignOut);
  window.addEventListener("online", sendAll);
  setInterval(sendAll, AGAIN_MILLISECONDS);
  await show();
  await sendAll();
}

if (able) start().catch(() => {});
