// Asks every three seconds whether the invoice is still as shown; without script the page reloads.
"use strict";

const shown = document.querySelector("[data-status]");

async function look() {
  try {
    const answer = await fetch(shown.dataset.source, { cache: "no-store" });
    if (answer.ok && (await answer.json()).status !== shown.dataset.status) {
      location.reload();
      return;
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  setTimeout(look, 3000);
}

setTimeout(look, 3000);
