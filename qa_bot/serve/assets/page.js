// What the page does better with a script; it works without one.
"use strict";

const question = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "/" && question && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    question.focus();
    question.select();
  }
});

for (const form of document.forms) {
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll(".filter input")) {
      field.disabled = field.value.trim() === ""; // so that a link to share is short
    }
    document.body.setAttribute("aria-busy", "true");
  });
}

window.addEventListener("pageshow", () => {
  document.body.removeAttribute("aria-busy");
  for (const field of document.querySelectorAll(".filter input")) field.disabled = false;
});
