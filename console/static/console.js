// What the browser does by itself: times that count, keys, parts of the page that change in place, a lost connection.
"use strict";

globalThis.town = (() => {
  const text = (name) => document.documentElement.dataset[name] || "";
  const skew = () => Number(document.documentElement.dataset.skew || 0);
  const now = () => Date.now() + skew();
  const two = (number) => String(number).padStart(2, "0");

  // --- times -------------------------------------------------------------------------------------------------------
  function duration(length) {
    const seconds = Math.max(0, Math.floor(length / 1000));
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (minutes < 10) return `${minutes}:${two(seconds % 60)}`;
    if (hours < 1) return text("minutes").replace("{m}", minutes);
    const whole = days < 1 ? minutes % 60 === 0 : hours % 24 === 0;
    if (days < 1) return text(whole ? "hour" : "hours").replace("{h}", hours).replace("{m}", minutes % 60);
    return text(whole ? "day" : "days").replace("{d}", days).replace("{h}", hours % 24);
  }

  function ago(length) {
    return length < 60000 ? text("seconds").replace("{s}", Math.max(0, Math.floor(length / 1000))) : duration(length);
  }

  function put(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }

  function count(root = document) {
    const at = now();
    for (const element of root.querySelectorAll("[data-since]")) put(element, duration(at - element.dataset.since));
    for (const element of root.querySelectorAll("[data-ago]")) put(element, ago(at - element.dataset.ago));
    for (const element of root.querySelectorAll("[data-until]")) {
      const left = element.dataset.until - at;
      put(element, text(left > 0 ? "left" : "over").replace("{t}", duration(Math.abs(left))));
    }
    for (const element of root.querySelectorAll("[data-clock]")) {
      put(element, clock(at));
    }
  }

  let format;
  function clock(at) {
    format ??= new Intl.DateTimeFormat("en-GB", {
      timeZone: text("zone"), hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    });
    return format.format(at);
  }

  // --- changing in place: what stays the same keeps its focus, its scroll and its animation --------------------------
  const keyOf = (node) => (node.nodeType === 1 && node.dataset ? node.dataset.id : undefined);
  const counts = (node) => ["since", "ago", "until", "clock"].some((name) => node.dataset && name in node.dataset);

  function sync(into, wanted) {
    const keyed = new Map([...into.children].filter(keyOf).map((child) => [keyOf(child), child]));
    let at = into.firstChild;
    for (const want of [...wanted.childNodes]) {
      const key = keyOf(want);
      const have = key ? keyed.get(key) : at;
      if (have && have.nodeName === want.nodeName && keyOf(have) === key) {
        if (have === at) at = at.nextSibling;
        else into.insertBefore(have, at);
        patch(have, want);
      } else {
        into.insertBefore(want, at);
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function patch(have, want) {
    if (have.nodeType !== 1) {
      if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
      return;
    }
    // What the person opened stays open.
    const keeps = (name) => name === "open" && ["DIALOG", "DETAILS"].includes(have.nodeName);
    for (const { name } of [...have.attributes]) if (!want.hasAttribute(name) && !keeps(name)) have.removeAttribute(name);
    for (const { name, value } of want.attributes) {
      if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    }
    const apart = "apart" in have.dataset; // what is in it is told by itself
    if (!counts(have) && !apart && !["TEXTAREA", "INPUT"].includes(have.nodeName)) sync(have, want);
  }

  function made(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function morph(element, html) {
    sync(element, made(html));
    count(element);
  }

  function replace(element, html) {
    patch(element, made(html).firstElementChild);
    count(element);
  }

  // --- telling people something -------------------------------------------------------------------------------------
  let silence;
  function say(words, kind = "") {
    let box = document.getElementById("notice");
    if (!box) {
      box = Object.assign(document.createElement("div"), { id: "notice" });
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    box.className = kind;
    box.textContent = words;
    box.hidden = false;
    clearTimeout(silence);
    silence = setTimeout(() => (box.hidden = true), 6000);
  }

  // --- keys: J and K walk, a letter presses the button that shows it --------------------------------------------------
  function walk(step) {
    const rows = [...document.querySelectorAll(".queue a[data-do=select]")];
    const at = rows.findIndex((row) => row.classList.contains("chosen"));
    const row = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    if (row && row !== rows[at]) {
      row.click();
      row.scrollIntoView({ block: "nearest" });
    }
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (target.closest?.("textarea, select, input:not([type=radio])")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const key = event.key.toLowerCase();
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
      const button = [...dialog.querySelectorAll("[data-key]")].find((b) => b.dataset.key === key && !b.disabled);
      button?.click();
      return;
    }
    if (key === "j" || key === "k") walk(key === "j" ? 1 : -1);
    else if (key === "?") document.body.classList.toggle("keys");
    else if (key === "escape") document.body.classList.remove("keys");
    else {
      const button = [...document.querySelectorAll("[data-key]")].find((b) => b.dataset.key === key && !b.disabled);
      if (!button) return;
      if (button.matches("textarea, input")) button.focus();
      else button.click();
    }
    event.preventDefault();
  }

  // --- dialogs: a button opens the one it names ------------------------------------------------------------------------
  function onClick(event) {
    const opens = event.target.closest("[data-dialog]");
    if (opens) document.getElementById(opens.dataset.dialog)?.showModal();
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    if (event.target.nodeName === "DIALOG") event.target.close(); // beside the form: its backdrop
  }

  // --- a lost connection greys the page and says since when -----------------------------------------------------------
  function watchConnection() {
    const popup = document.getElementById("popup");
    if (!popup) return;
    const tell = () => {
      const lost = popup.getAttribute("aria-hidden") === "false" && !leaving;
      document.body.classList.toggle("lost", lost);
      let bar = document.getElementById("lost");
      if (lost && !bar) {
        bar = Object.assign(document.createElement("div"), { id: "lost" });
        bar.setAttribute("role", "alert");
        const since = Object.assign(document.createElement("time"), { textContent: "0:00" });
        since.dataset.since = now();
        bar.append(text("lost").replace("{t}", clock(now())) + " ", since);
        document.body.append(bar);
      } else if (!lost && bar) {
        bar.remove();
      }
    };
    new MutationObserver(tell).observe(popup, { attributes: true, attributeFilter: ["aria-hidden"] });
  }
  let leaving = false;
  addEventListener("beforeunload", () => (leaving = true));
  addEventListener("pageshow", () => (leaving = false));

  addEventListener("keydown", onKey);
  addEventListener("click", onClick);
  addEventListener("DOMContentLoaded", () => {
    watchConnection();
    count();
    setInterval(count, 1000);
  });
  return { morph, replace, count, say, now, clock, text, format: () => format };
})();
