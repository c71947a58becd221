// A form that may be filled in without a connection: form[data-keeps]. Without this script it is an ordinary form.

const place = document.querySelector("[data-kept]");
const { able, correct, keep, sendAll } = await import(place.dataset.script);

const SHELL_CACHE = "kansen-shell";
const form = document.querySelector("form[data-keeps]");

// One of these must be filled in; the browser says so in its own words, at the field.
function oneFilled() {
  const fields = [...form.querySelectorAll("[data-one-of]")];
  fields[0].required = fields.every((field) => field.value.trim() === "");
}

function outcomeShown(name) {
  for (const panel of document.querySelectorAll("[data-keeps-outcome]")) {
    panel.hidden = panel.dataset.keepsOutcome !== name;
    if (!panel.hidden) panel.focus();
  }
}

// Empty for the next family, met at the same place; the browser does not call an empty field wrong again.
function startAgain() {
  const chosen = [...form.querySelectorAll("[type=radio]:checked, option:checked")];
  form.reset();
  for (const each of chosen) each[each.tagName === "OPTION" ? "selected" : "checked"] = true;
  for (const field of form.querySelectorAll("[type=text], [type=tel]")) field.value = "";
  for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = false;
  form.elements.namedItem("key").value = crypto.randomUUID();
  oneFilled();
}

let busy = false;

async function onSubmit(event) {
  // Sent elsewhere (to be read in another language) it is not saved yet.
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  try {
    const id = form.elements.namedItem("key").value;
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrf");
    if ((await keep(id, fields)) === "full") return outcomeShown("full");
    const told = (await sendAll()).get(id);
    if (told?.outcome === "saved") return location.assign(form.dataset.done + told.signal);
    if (told?.outcome === "refused") return await correct(id);
    startAgain();
    outcomeShown("kept");
  } catch {
    // This device cannot keep anything (a private window, a full disk): send it the ordinary way.
    form.submit();
  } finally {
    busy = false;
  }
}

// Puts the page that opens without a connection, and what it is made of, in this device's store. It names nobody.
async function storeShell() {
  const cache = await caches.open(SHELL_CACHE);
  const answer = await fetch(form.dataset.shell, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) return;
  await cache.put(form.dataset.shell, answer.clone());
  const shell = new DOMParser().parseFromString(await answer.text(), "text/html");
  const parts = [...shell.querySelectorAll("link[href], script[src]")].map((part) => part.getAttribute("href") ?? part.getAttribute("src"));
  await cache.addAll([...new Set([...parts, place.dataset.script])]);
}

async function start() {
  const key = form.elements.namedItem("key");
  if (key.value === "") key.value = crypto.randomUUID();
  oneFilled();
  form.addEventListener("input", oneFilled);
  document.addEventListener("kept-forms:connected", () => {
    for (const told of document.querySelectorAll("[data-keeps-unconnected], [data-keeps-outcome]")) told.hidden = true;
  });
  form.addEventListener("submit", onSubmit);
  if (form.dataset.shell && "serviceWorker" in navigator) {
    await navigator.serviceWorker.register(form.dataset.worker);
    await storeShell();
    for (const line of document.querySelectorAll("[data-keeps-ready]")) line.hidden = false;
  }
}

if (able && form) start().catch(() => {});
