// What Django's admin leaves without a name or out of the keyboard's reach. It works without this.
"use strict";

// The corner of a table is no heading of anything.
for (const corner of document.querySelectorAll("th:empty")) corner.role = "cell";

// A list that is wider than the screen is scrolled by keyboard, too.
for (const list of document.querySelectorAll(".inline-group")) {
  list.tabIndex = 0;
  list.role = "group";
  list.setAttribute("aria-labelledby", list.querySelector(".inline-heading").id);
}

// The pairs of boxes are made when everything is loaded; the names of their hints belong to images.
addEventListener("load", () => {
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.role = "img";
});
