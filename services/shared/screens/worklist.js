// Follows the worklist: says politely that there is new work, and moves nothing under a finger.
(() => {
  const news = document.querySelector("[data-stroom]");
  if (!news || !window.EventSource) return;
  const said = news.querySelector("[data-nieuws]");
  const show = news.querySelector("[data-toon]");
  const found = new Set();
  let stream;

  const tell = (event) => {
    for (const id of event.data.split(" ")) {
      if (!document.getElementById(`taak-${id}`)) found.add(id);
    }
    if (found.size === 0) return;
    said.textContent = found.size === 1 ? said.dataset.een : said.dataset.meer.replace("{n}", found.size);
    show.textContent = show.dataset.tekst;
  };

  const open = () => {
    stream = new EventSource(news.dataset.stroom);
    stream.addEventListener("nieuw", tell);
    stream.addEventListener("einde", () => stream.close());
  };

  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  open();
})();
