// A part of a page that does not come says so in its own place: no answer, no connection, or none in time.
// What our own services answer is shown; what a gateway says instead of them (502, 504) is not. A part that is not
// for this reader (403) is left out, with what leads to it.
function failed(event) {
  const panel = event.target.closest && event.target.closest("[data-panel]");
  if (!panel || panel !== event.target) return;
  const answer = event.detail.ctx && event.detail.ctx.response;
  if (answer && answer.status === 403) {
    document.querySelectorAll(`[data-with="${panel.id}"]`).forEach((each) => each.remove());
    panel.closest("section").remove();
    return;
  }
  const told = panel.querySelector("[data-failed]");
  const waiting = panel.querySelector("[data-waiting]");
  if (told) told.hidden = false;
  if (waiting) waiting.hidden = true;
}
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:response:error", failed);
