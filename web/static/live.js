// What others did is shown without asking for it: when the log moved, the page asks for itself again and exchanges the parts that changed, never one somebody writes in.
"use strict";
(() => {
  const main = document.querySelector("main[data-live]");
  if (!main || !window.EventSource) return;
  const tells = "liveTells" in main.dataset;
  let seen = main.dataset.at, parts = [...main.children], source, timer;
  const line = Object.assign(document.createElement("p"), { className: "meta live" });
  line.setAttribute("aria-live", "polite");
  main.append(line);
  const say = (text, link) => {
    line.textContent = text;
    if (!link) return;
    const anew = Object.assign(document.createElement("a"), { href: location.href, textContent: link });
    anew.addEventListener("click", async (event) => {
      event.preventDefault();
      const kept = []; // what is typed is kept before the page is left
      document.dispatchEvent(new CustomEvent("leaving", { detail: kept }));
      await Promise.all(kept);
      location.assign(location.pathname + location.search);
    });
    line.append(anew);
  };

  const within = (all, what) => all.flatMap((part) => [part, ...part.querySelectorAll(what)]);
  const foldsOf = (all) => within(all, "details").filter((el) => el.matches("details"));
  // A part as the server said it: without the ids of commands, which are new each time, and what its reader unfolded.
  const plain = (part) => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll("input[type=hidden]").forEach((f) => /^[0-9a-f]{32}$/.test(f.value) && f.removeAttribute("value"));
    foldsOf([copy]).forEach((d) => d.removeAttribute("open"));
    return copy.outerHTML;
  };
  let shown = parts.map(plain);
  const isTyped = (f) => {
    if (f.type === "hidden") return false;
    if (f.matches("[type=checkbox], [type=radio]")) return f.checked !== f.defaultChecked;
    if (!f.matches("select")) return f.value !== f.defaultValue;
    const usual = [...f.options].findIndex((o) => o.defaultSelected);
    return f.selectedIndex !== Math.max(usual, 0);
  };
  const fields = "input, textarea, select";
  const isBusy = (part) => [...part.querySelectorAll(fields)].some((f) => f === document.activeElement || isTyped(f));
  const namesOf = (el) => el.id || el.getAttribute("href") || el.textContent;

  const exchange = (old, fresh) => {
    const focused = old.find((part) => part.contains(document.activeElement)) && namesOf(document.activeElement);
    const unfolded = foldsOf(old).map((d) => d.open);
    old[0].before(...fresh);
    old.forEach((part) => part.remove());
    const folds = foldsOf(fresh);
    if (folds.length === unfolded.length) folds.forEach((d, i) => (d.open = unfolded[i]));
    if (focused) within(fresh, "a, button, summary").find((el) => namesOf(el) === focused)?.focus({ preventScroll: true });
  };
  // Whether all could be shown.
  const show = (fresh) => {
    const now = fresh.map(plain);
    const short = Math.min(shown.length, now.length);
    let first = 0, last = 0, whole = true;
    while (first < short && shown[first] === now[first]) first++;
    while (last < short - first && shown[shown.length - 1 - last] === now[now.length - 1 - last]) last++;
    const old = parts.slice(first, parts.length - last), put = fresh.slice(first, fresh.length - last);
    if (old.length === put.length) {
      old.forEach((part, i) => {
        if (shown[first + i] === now[first + i]) return;
        if (isBusy(part)) whole = false;
        else {
          exchange([part], [put[i]]);
          parts[first + i] = put[i];
          shown[first + i] = now[first + i];
        }
      });
    } else if (old.some(isBusy)) whole = false;
    else {
      if (old.length) exchange(old, put);
      else (parts[first] || line).before(...put);
      parts.splice(first, old.length, ...put);
      shown.splice(first, old.length, ...now.slice(first, now.length - last));
    }
    return whole;
  };

  let turn = 0; // of two answers under way the older one shows nothing
  const refresh = async () => {
    const mine = ++turn;
    if (tells) return say("刚有新的记录。写的内容会留着，", "查看最新情况");
    const answer = await fetch(location.href, { headers: { "X-Live": "1", Accept: "text/html" } }).catch(() => {});
    if (!answer || answer.status >= 500) {
      timer = setTimeout(refresh, answer ? 10000 : 2000); // a busy server, or a cut line: again, until it holds or the page is left
      return;
    }
    if (!answer.ok || answer.redirected) {
      close();
      return say("本页不再自动更新，", "重新打开");
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== turn) return;
    const whole = show([...page.querySelector("main").children]);
    const at = new Date().toLocaleTimeString("zh-CN", { hour12: false });
    say(whole ? `${at} 自动更新` : "刚有新的记录，写完以后即可看到。");
  };

  const close = () => source?.close();
  const open = () => {
    close();
    source = new EventSource(`/live?for=${encodeURIComponent(main.dataset.live)}&after=${seen}`);
    source.onmessage = (event) => {
      seen = event.lastEventId;
      clearTimeout(timer);
      timer = setTimeout(refresh, 200);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => document.visibilityState === "visible" && open(), 30000);
    };
  };
  // Only the window one looks at has a stream: a browser opens six connections to a server, and no more.
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? open() : close()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  if (document.visibilityState === "visible") open();
})();
