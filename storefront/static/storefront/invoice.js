// Asks every three seconds whether the invoice is still as shown; without script the page reloads.
// Tells the customer's own time, where the page can only know the server's.
"use strict";

const shown = document.querySelector("[data-status]");

async function look() {
  try {
    const answer = await fetch(shown.dataset.source, { cache: "no-store" });
    if (answer.ok) {
      const { status, paid } = await answer.json();
      if (status !== shown.dataset.status || paid !== shown.dataset.paid) {
        location.reload();
        return;
      }
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  setTimeout(look, 3000);
}

setTimeout(look, 3000);

const here = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: "medium",
  timeStyle: "short",
});
for (const time of document.querySelectorAll("time")) {
  time.title = time.textContent;
  time.textContent = here.format(new Date(time.dateTime));
}
