// ← and → lead to the items beside this one, as the links do.
addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const rel = { ArrowLeft: "prev", PageUp: "prev", ArrowRight: "next", PageDown: "next" }[event.key];
  const link = rel && document.querySelector(`a[rel=${rel}]`);
  if (link) { event.preventDefault(); link.click(); }
});
