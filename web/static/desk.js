// What the pages do beyond plain forms. Every page works without it.
"use strict";
(() => {
  // Back leads to what an address shows now: the answer to a form is no page a browser could ask for again.
  history.replaceState(history.state, "", location.href);

  // On a phone the row of main pages is wider than the screen: it begins at the page one is on.
  const here = document.querySelector("header nav [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 48;

  const ready = (what, on) => document.querySelectorAll(what).forEach(on);
  const made = (what, has) => Object.assign(document.createElement(what), has);

  // Whoever opens a form begins in its first field, or at the line that says what is wrong.
  const summary = document.getElementById("summary");
  summary?.focus();

  // 周反馈: Enter goes to the next field that is open (in an empty one it takes over what was said last), Ctrl+Enter sends.
  ready('form[data-keys="report"]', (form) => {
    const rows = () => [...form.querySelectorAll("textarea")].filter((field) => field.checkVisibility());
    if (!summary) rows()[0]?.focus();
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.repeat) return;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        form.requestSubmit();
        return;
      }
      const field = event.target;
      if (event.shiftKey || !field.matches("textarea, input:not([type=checkbox])")) return;
      event.preventDefault();
      const last = field.closest(".field").querySelector(".last");
      if (!field.value && last) {
        field.value = last.textContent;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        return;
      }
      const after = (row) => field.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING;
      const next = rows().find(after) || form.querySelector("button.main");
      next.focus();
    });
  });

  // A key does what its element does when it is clicked: never inside a field, never while something is sent.
  const first = document.querySelector("[data-focus]");
  if (!summary) first?.focus();
  ready(".keys", (hint) => (hint.hidden = false));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
    if (typing || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const meant = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!meant || document.querySelector("form[data-sure]")) return;
    event.preventDefault();
    meant.click();
  });
  // 审核: what was chosen is named before it is sent. Enter sends it, Esc takes it back.
  ready('form[data-keys="queue"]', (form) => {
    const bar = form.querySelector(".bar"), button = form.querySelector("button.main");
    form.addEventListener("change", (event) => {
      if (!event.target.matches("input[type=radio]")) return;
      const reason = form.querySelector("textarea[name=text], textarea[name=reason]");
      bar.hidden = false;
      bar.textContent = `${event.target.parentElement.firstChild.nextSibling.textContent.trim()}：${form.dataset.name}。回车确认，Esc 取消`;
      (event.target.value === "no" && reason && !reason.value ? reason : form.querySelector("[name=code]") || button).focus();
    });
    form.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") {
        form.querySelectorAll("input[type=radio]").forEach((radio) => (radio.checked = false));
        bar.hidden = true;
        first.focus();
      } else if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
    });
  });

  // The session ended while somebody typed: he signs in over the page, and what he typed stays where it is. Esc puts it off.
  let signing, declined = false;
  const askToSignIn = async () => {
    const dialog = made("dialog", { ariaLabel: "登录已过期" });
    const fill = async (answer) => {
      const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main:has(form[action='/sign-in'])");
      if (!main) return false;
      main.querySelector("h1").replaceWith(made("h2", { textContent: "登录已过期，请再登录；写的内容都在" }));
      main.querySelectorAll("a").forEach((link) => (link.target = "_blank"));
      main.querySelector("[name=next]").value = "/healthz";
      const later = made("button", { type: "button", textContent: "稍后再说", onclick: () => dialog.close() });
      dialog.replaceChildren(...main.childNodes, later);
      // A script that came as text does not run: the one for security keys is asked for anew.
      dialog.querySelectorAll("script").forEach((old) => old.replaceWith(made("script", { src: old.src })));
      return true;
    };
    if (!(await fill(await fetch("/sign-in")))) return false;
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[name=name]").focus();
    const came = await new Promise((over) => {
      dialog.onclose = () => over(false);
      dialog.onsubmit = async (event) => {
        event.preventDefault();
        if (!(await fill(await fetch("/sign-in", { method: "POST", body: new URLSearchParams(new FormData(event.target)) })))) over(true);
      };
    });
    dialog.remove();
    declined = !came;
    return came;
  };
  const signIn = () => !declined && (signing ??= askToSignIn().catch(() => false).finally(() => (signing = undefined)));

  // What is typed is kept on the server two seconds after the last key and when a field is left; nothing stays in the browser.
  const keepTyped = (part) => {
    const line = part.querySelector(".saved"), version = part.querySelector("[data-version]");
    let timer, dirty = false, stopped = false, running = Promise.resolve();
    const say = (text, trouble, link) => {
      line.hidden = false;
      line.classList.toggle("fault", Boolean(trouble));
      if (trouble) line.setAttribute("role", "alert");
      else line.removeAttribute("role");
      line.textContent = text;
      if (link) line.append(made("a", { href: link, target: "_blank", rel: "noopener", textContent: "在新窗口打开" }));
    };
    const typed = (f) => f.name && f !== version && f.type !== "file" && (!["checkbox", "radio"].includes(f.type) || f.checked);
    const put = async (keepalive) => {
      clearTimeout(timer);
      if (!dirty || stopped) return;
      dirty = false;
      const fields = Object.fromEntries([...part.querySelectorAll("input, textarea, select")].filter(typed).map((f) => [f.name, f.value]));
      const body = JSON.stringify({ version: Number(version.value), fields });
      let answer, told;
      try {
        answer = await fetch(`/drafts/${part.dataset.draft}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body, keepalive });
        if (answer.ok || answer.status === 409) told = await answer.json();
      } catch {
        answer = { status: 503 };
      }
      if (answer.ok) {
        version.value = told.version;
        return say(`已自动保存 ${told.at}`);
      }
      stopped = answer.status === 409 || answer.status === 403;
      if (answer.status === 409) return say(`另一个窗口在 ${told.at} 改过或提交过这份内容，这里不再自动保存。`, true, location.href);
      if (stopped) return say("这台电脑上现在登录的是另一位用户，这里的内容不再保存，也不能提交。", true);
      dirty = true;
      timer = setTimeout(save, 10000);
      if (answer.status === 401) {
        say("登录已过期，内容还在本页。请先登录，再回到这里：", true, "/sign-in");
        if (!keepalive && (await signIn())) return put();
      }
      else say("没有自动保存上，内容还在本页。", true);
      return answer.status === 503;
    };
    const save = (keepalive = false) => (running = running.then(() => put(keepalive)));
    part.addEventListener("input", () => {
      dirty = true;
      if (!line.classList.contains("fault")) line.textContent = "尚未保存"; // what is kept is not all of it
      clearTimeout(timer);
      timer = setTimeout(save, 2000);
    });
    part.addEventListener("focusout", () => save());
    addEventListener("pagehide", () => save(true));
    return { save, say };
  };
  const formsOf = new Map();
  ready("[data-draft]", (part) => {
    const form = part.closest("form");
    formsOf.set(form, [...(formsOf.get(form) || []), keepTyped(part)]);
  });
  // A chosen file is handed in at once; what is sent with the form, and kept with what is typed, is its name and digest.
  const handing = new Map();
  const handIn = async (input, file, say) => {
    const name = encodeURIComponent(file.name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
    const headers = { "Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename*=UTF-8''${name}` };
    const answer = await fetch("/files", { method: "POST", headers, body: file });
    const told = await answer.json();
    if (!answer.ok) throw new Error(answer.status === 401 ? "登录已过期，请在新窗口登录后重新选择附件" : told.detail);
    const field = `${input.name}.${told.sha256}`;
    if (!input.form.elements[field]) {
      const label = made("label", { className: "tick" });
      const box = made("input", { type: "checkbox", name: field, value: told.name, checked: true });
      label.append(box, ` ${told.name}`);
      input.previousElementSibling.append(label);
    }
    say("");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  ready("input[type=file]:not([data-whole])", (input) => {
    const line = made("p", { className: "help" });
    line.setAttribute("role", "status");
    input.after(line);
    input.addEventListener("change", () => {
      const chosen = [...input.files], faults = [];
      const say = (text) => (line.textContent = [...faults, text].filter(Boolean).join("；"));
      const all = chosen.reduce(
        (before, file) =>
          before.then(async () => {
            say(`正在上传 ${file.name}…`);
            try {
              await handIn(input, file, say);
            } catch (error) {
              faults.push(error instanceof TypeError ? `${file.name} 没有传上，请再选一次` : error.message);
              say("");
            }
            line.classList.toggle("fault", faults.length > 0);
          }),
        Promise.resolve(),
      );
      handing.set(input.form, Promise.all([handing.get(input.form), all]));
      all.then(() => (input.value = ""));
    });
  });
  document.addEventListener("leaving", (event) => formsOf.forEach((kept) => event.detail.push(...kept.map((part) => part.save()))));
  // A form is sent when somebody takes it and it was kept: else it stays.
  formsOf.forEach((parts, form) =>
    form.addEventListener("submit", async (event) => {
      if (form.dataset.sure) return;
      event.preventDefault();
      const by = event.submitter;
      await handing.get(form);
      const there = await fetch("/healthz", { signal: AbortSignal.timeout(5000) }).catch(() => {});
      if (!there || (await Promise.all(parts.map((part) => part.save()))).includes(true))
        return parts[0].say("服务暂时连不上，没有提交；内容还在本页，请稍候再提交。", true);
      form.dataset.sure = "1";
      form.requestSubmit(by);
    }),
  );
  addEventListener("pageshow", () => formsOf.forEach((_, form) => delete form.dataset.sure));
})();
