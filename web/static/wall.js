// A screen on a wall: asks for itself again when the log moved, every five minutes in any case, and says when it cannot.
"use strict";
(() => {
  const main = document.getElementById("main"), cut = document.querySelector(".cut");
  let timer, asking = false;
  const refresh = async () => {
    clearTimeout(timer);
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("/wall", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(60000) });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (answer.status === 401 || (answer.ok && fresh.dataset.build !== main.dataset.build)) return location.reload();
      if (answer.ok) main.replaceChildren(...fresh.childNodes);
      cut.hidden = answer.ok;
    } catch {
      cut.hidden = false;
    }
    asking = false;
    timer = setTimeout(refresh, cut.hidden ? 300000 : 5000);
  };
  timer = setTimeout(refresh, 300000);
  const open = () => {
    const source = new EventSource("/wall/live");
    source.onmessage = () => {
      clearTimeout(timer);
      timer = setTimeout(refresh, 2000);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 60000);
      else refresh(); // the line is cut: say so, until it holds
    };
  };
  open();
})();
