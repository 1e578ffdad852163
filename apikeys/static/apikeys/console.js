// The console works without this file; with it some things are quicker.
"use strict";

// The operator's time zone, told once; the preferences page can set another.
const isSecure = location.protocol === "https:";
const zoneCookie = isSecure ? "__Host-zone=" : "zone=";
if (!document.cookie.split("; ").some((cookie) => cookie.startsWith(zoneCookie))) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const secure = isSecure ? "; Secure" : "";
  document.cookie = `${zoneCookie}${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

const all = (selector) => document.querySelectorAll(selector);

// Copy buttons: told to screen readers; when the clipboard refuses, the value is selected instead.
const announcer = document.createElement("p");
announcer.className = "visually-hidden";
announcer.setAttribute("aria-live", "polite");
document.body.append(announcer);

for (const button of all("[data-copy]")) {
  const value = document.getElementById(button.dataset.copy);
  const text = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
      button.textContent = document.body.dataset.copied;
    } catch {
      getSelection().selectAllChildren(value);
      button.textContent = document.body.dataset.selected;
    }
    announcer.textContent = button.textContent;
    setTimeout(() => {
      button.textContent = text;
      announcer.textContent = "";
    }, 4000);
  });
}

// A secret that is shown once: leaving asks first, until it is said to be saved.
for (const guarded of all("[data-leave-guard]")) {
  const guard = (event) => event.preventDefault();
  addEventListener("beforeunload", guard);
  for (const saved of guarded.querySelectorAll("[data-saved]")) {
    saved.addEventListener("click", () => removeEventListener("beforeunload", guard));
  }
}

// A form that makes something is sent once, however often its button is pressed.
for (const form of all("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
}

// One more line in a list of addresses, without asking the server for it.
for (const button of all("[data-add-line]")) {
  const list = document.getElementById(button.dataset.addLine);
  if (!list || list.form !== button.form) continue;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const lines = list.value.trimEnd();
    const known = lines.split("\n").some((line) => line.trim().split(/\s/)[0] === button.value);
    if (!known) list.value = lines ? `${lines}\n${button.value}` : button.value;
    list.focus();
  });
}

// Choose all rows of the page at once, and see how many are chosen.
for (const chooser of all("[data-check-all]")) {
  const boxes = [...all(`input[name="${chooser.dataset.checkAll}"]`)];
  const counter = document.querySelector(`[data-checked="${chooser.dataset.checkAll}"]`);
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    chooser.checked = chosen > 0 && chosen === boxes.length;
    chooser.indeterminate = chosen > 0 && chosen < boxes.length;
    if (counter) counter.textContent = chosen ? `${chosen} / ${boxes.length}` : "";
  };
  chooser.addEventListener("change", () => {
    for (const box of boxes) box.checked = chooser.checked;
    count();
  });
  for (const box of boxes) box.addEventListener("change", count);
  addEventListener("pageshow", count);
}

// The time that is left until a secret ends, in the two largest units as the server wrote it.
// Nothing is announced: whoever reads the page again reads the new text.
const units = { day: 86400, hour: 3600, minute: 60 };
const language = document.documentElement.lang;
const inWords = (seconds) => {
  const parts = [];
  for (const [unit, size] of Object.entries(units)) {
    const number = Math.floor(seconds / size);
    seconds -= number * size;
    if (number || (unit === "minute" && !parts.length)) {
      const style = { style: "unit", unit, unitDisplay: "long" };
      parts.push(new Intl.NumberFormat(language, style).format(number));
    }
  }
  return parts.slice(0, 2).join(", ");
};
for (const time of all("[data-countdown]")) {
  setInterval(() => {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    time.textContent = inWords(Math.max(0, seconds));
  }, 30000);
}

// Five minutes before the end of a session, of which all tabs know, it can be prolonged without
// leaving the page. This alone asks the server.
const session = document.querySelector("[data-session]");
if (session) {
  const [warning, ended] = session.children;
  const lasts = session.dataset.session * 1000;
  let from = null;
  let isOver = false;
  const begin = () => localStorage.setItem("active", Date.now());
  const look = () => {
    const left = isOver ? 0 : Number(localStorage.getItem("active")) + lasts - Date.now();
    warning.hidden = left <= 0 || left > 300000;
    ended.hidden = left > 0;
  };
  begin();
  setInterval(look, 5000);
  addEventListener("visibilitychange", look);
  addEventListener("storage", look);
  warning.addEventListener("focusin", (event) => { from = event.relatedTarget; });
  warning.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(warning.action, { method: "POST", body: new FormData(warning) });
      isOver = answer.status !== 204;
      if (!isOver) begin();
    } catch {
      return; // The server cannot be reached now; the warning stays, to be pressed again.
    }
    look();
    if (!isOver) {
      announcer.textContent = session.dataset.stayed;
      from?.focus();
    }
  });
}

// Where the navigation is a strip that scrolls, the page that is open is in sight.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// After a refused form the summary of its errors is read first.
document.querySelector("[data-focus]")?.focus();
