// 一览表 in the page: cells are edited in place or pasted as a block, and stand in the form until they are looked at.
"use strict";
(() => {
  const grid = document.querySelector(".grid"), form = document.getElementById("edits"), told = document.getElementById("told");
  const columns = [...grid.tHead.rows[0].cells].map((head) => head.dataset.c);
  const rows = [...grid.querySelectorAll("tr[data-no]")];
  let at, picked;
  const go = (cell) => {
    if (!cell) return;
    if (at) at.tabIndex = -1;
    at = cell;
    at.tabIndex = 0;
    at.focus();
  };
  const near = (cell, down, right) => rows[rows.indexOf(cell.parentElement) + down]?.cells[cell.cellIndex + right];
  const isOpen = (cell) => Boolean(cell && columns[cell.cellIndex]);
  const hold = (name, value) => {
    const field = form.elements[name] || form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value = value;
  };
  // What stands in a cell now; what is as it was is no edit, and a row nobody edited leaves the form.
  const put = (cell, text) => {
    const { no } = cell.parentElement.dataset, name = `${no}.${columns[cell.cellIndex]}`;
    cell.dataset.was ??= cell.textContent;
    const edited = text !== cell.dataset.was;
    cell.classList.toggle("edited", edited);
    if (edited) hold(name, text);
    else form.elements[name]?.remove();
    if (edited && !form.elements[`${no}.at`]) hold(`${no}.at`, form.dataset.at);
    if (!cell.parentElement.querySelector(".edited")) form.elements[`${no}.at`]?.remove();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const edit = (cell, text = cell.textContent) => {
    if (!isOpen(cell)) return;
    const before = cell.textContent, label = `${cell.parentElement.dataset.no} ${grid.tHead.rows[0].cells[cell.cellIndex].textContent}`;
    cell.dataset.was ??= before;
    const field = Object.assign(document.createElement("textarea"), { value: text, ariaLabel: label, maxLength: 20000 });
    const leave = (left) => {
      field.onblur = null;
      cell.textContent = left;
      put(cell, left);
    };
    field.oninput = () => put(cell, field.value);
    field.onblur = () => {
      leave(field.value);
      form.dispatchEvent(new Event("focusout"));
    };
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.isComposing || !["Enter", "Escape", "Tab"].includes(event.key) || (event.key === "Enter" && (event.altKey || event.shiftKey))) return;
      event.preventDefault();
      leave(event.key === "Escape" ? before : field.value);
      go(event.key === "Escape" ? cell : event.key === "Tab" ? near(cell, 0, event.shiftKey ? -1 : 1) || cell : near(cell, 1, 0) || cell);
    };
    cell.replaceChildren(field);
    if (text !== before) put(cell, text);
    field.focus();
  };
  // A block as Excel and WPS copy it: tabs and lines, cells with either in quotes.
  const block = (text) => {
    const found = [[]], cells = /(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))(\t|\n|$)/g;
    for (const [, quoted, plain, end] of text.replace(/\r\n?/g, "\n").replace(/\n$/, "").matchAll(cells)) {
      found.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
      if (!end) break;
      if (end === "\n") found.push([]);
    }
    return found;
  };
  const paste = (text) => {
    let changed = 0, shut = 0, beyond = 0;
    block(text).forEach((line, down) =>
      line.forEach((value, right) => {
        const cell = near(at, down, right);
        if (!cell) beyond += value ? 1 : 0;
        else if (cell.textContent.trim() === value.trim()) return;
        else if (!isOpen(cell)) shut++;
        else {
          cell.dataset.was ??= cell.textContent;
          cell.textContent = value;
          put(cell, value);
          changed++;
        }
      }),
    );
    told.textContent = `粘贴改动 ${changed} 格` + (shut ? `；${shut} 格（序号、灯、编号）不能改，没有粘贴` : "") + (beyond ? `；${beyond} 格超出表外，没有粘贴：新增事项请用立项或导入` : "") + "。";
  };
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  grid.addEventListener("keydown", (event) => {
    if (!at || event.target !== at || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key, step = moves[key] || (key === "Tab" && [0, event.shiftKey ? -1 : 1]);
    if (step) {
      const next = near(at, ...step);
      if (!next) return;
      go(next);
    } else if (key === "Enter" || key === "F2") edit(at);
    else if (key === "Delete" && isOpen(at)) {
      at.dataset.was ??= at.textContent;
      at.textContent = "";
      put(at, "");
    } else if (key === "Escape" && at.dataset.was !== undefined) {
      at.textContent = at.dataset.was;
      put(at, at.dataset.was);
    } else if (key === "Process" || key.length === 1) {
      edit(at, "");
      if (key.length === 1) document.execCommand("insertText", false, key);
    } else return;
    if (key !== "Process") event.preventDefault();
  });
  // A cell that is clicked a second time is edited: there are fingers too.
  grid.addEventListener("click", ({ target }) => {
    if (!target.matches("td")) return;
    if (target === picked && target === at) edit(target);
    else go(target);
    picked = target;
  });
  grid.addEventListener("paste", (event) => {
    if (!at || event.target !== at) return;
    event.preventDefault();
    paste(event.clipboardData.getData("text/plain"));
  });
  if (rows[0]) {
    at = rows[0].cells[1];
    at.tabIndex = 0;
  }
})();
