// What the pages do beyond plain forms. Every page works without it.
"use strict";
(() => {
  const ready = (what, on) => document.querySelectorAll(what).forEach(on);

  // Whoever opens a form begins in its first field, or at the line that says what is wrong.
  const summary = document.getElementById("summary");
  if (summary) summary.focus();

  // 周反馈: Enter goes to the next field that is open (in an empty one it takes over what was said last), Ctrl+Enter sends.
  ready('form[data-keys="report"]', (form) => {
    form.querySelectorAll(".keys").forEach((hint) => (hint.hidden = false));
    const rows = () => [...form.querySelectorAll("textarea")].filter((field) => field.checkVisibility());
    if (!summary && rows()[0]) rows()[0].focus();
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.repeat) return;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        form.requestSubmit();
        return;
      }
      const field = event.target;
      if (event.shiftKey || !field.matches("textarea")) return;
      event.preventDefault();
      const last = field.closest(".field").querySelector(".last");
      if (!field.value && last) {
        field.value = last.textContent;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        return;
      }
      const all = rows();
      const next = all[all.indexOf(field) + 1] || form.querySelector("button.main");
      next.focus();
    });
  });
})();
