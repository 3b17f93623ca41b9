// A list of many rows: what stands in the file already is neither kept nor sent, only what somebody changed of it.
"use strict";
document.querySelectorAll("form[data-sparse] [data-as-is]").forEach((field) => {
  const { name } = field;
  field.removeAttribute("name");
  field.addEventListener("input", () => (field.name = name), { once: true });
});
