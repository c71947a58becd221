// Follows the worklist: says politely that there is new work, and moves nothing under a finger.
(() => {
  const news = document.querySelector("[data-stroom]");
  if (!news || !window.EventSource) return;
  const AGAIN_MS = 5000;
  const AGAIN_MS_MAX = 300000;
  const TRIES_MAX = 20;
  const said = news.querySelector("[data-nieuws]");
  const show = news.querySelector("[data-toon]");
  const concerns = document.querySelector("[data-zorgen]");
  const title = document.title;
  const found = new Set();
  let stream;
  let place = null;
  let wait = AGAIN_MS;
  let tries = 0;
  let timer = null;
  let over = false;

  const tell = (event) => {
    place = event.lastEventId || place;
    for (const id of event.data.split(" ")) {
      if (!document.getElementById(`taak-${id}`)) found.add(id);
    }
    if (found.size === 0) return;
    said.textContent = found.size === 1 ? said.dataset.een : said.dataset.meer.replace("{n}", found.size);
    show.textContent = show.dataset.tekst;
    document.title = `(${found.size}) ${title}`;
  };

  const end = () => {
    over = true;
    stream.close();
  };

  // A browser comes back by itself after a line that broke, and gives up after an answer that is no stream: one of
  // something in between that says that the desk is away, for example. Then we come back, ever later.
  const failed = () => {
    if (over || stream.readyState !== EventSource.CLOSED || timer !== null || tries >= TRIES_MAX) return;
    tries += 1;
    timer = setTimeout(open, wait);
    wait = Math.min(wait * 2, AGAIN_MS_MAX);
  };

  function open() {
    timer = null;
    const address = new URL(news.dataset.stroom, location.href);
    if (place) address.searchParams.set("vanaf", place);
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      wait = AGAIN_MS;
      tries = 0;
    });
    stream.addEventListener("error", failed);
    stream.addEventListener("nieuw", tell);
    stream.addEventListener("zorg", (event) => {
      place = event.lastEventId || place;
      if (concerns) concerns.dispatchEvent(new CustomEvent("zorg"));
    });
    stream.addEventListener("einde", end);
  }

  addEventListener("pagehide", () => {
    clearTimeout(timer);
    timer = null;
    stream.close();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && !over) open();
  });
  open();
})();
