// A part of a page that does not come says so in its own place: no answer, no connection, or none in time.
document.addEventListener("htmx:error", (event) => {
  const panel = event.target.closest && event.target.closest("[data-panel]");
  if (!panel || panel !== event.target) return;
  const failed = panel.querySelector("[data-failed]");
  const waiting = panel.querySelector("[data-waiting]");
  if (failed) failed.hidden = false;
  if (waiting) waiting.hidden = true;
});
