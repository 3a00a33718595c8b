// Small manners that plain HTML does not have. No framework, no inline handlers (the page's policy forbids them).
(() => {
  const root = document.documentElement;

  document.addEventListener("click", (event) => {
    const themer = event.target.closest("[data-theme-switch]");
    if (themer) {
      const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.setAttribute("data-bs-theme", next);
      document.cookie = `vigil_theme=${next};path=/;max-age=31536000;samesite=lax`;
    }
    const confirmer = event.target.closest("[data-confirm]");
    if (confirmer && !window.confirm(confirmer.dataset.confirm)) event.preventDefault();
    if (event.target.closest("[data-print]")) window.print();
    const marker = event.target.closest("[data-span]");
    if (marker) showSpan(marker.dataset.span);
  });
  document.addEventListener("focusin", (event) => {
    const field = event.target.closest("[data-span]");
    if (field) showSpan(field.dataset.span);
  });

  function showSpan(name) {
    document.querySelectorAll("[data-field].now").forEach((mark) => mark.classList.remove("now"));
    const marks = [...document.querySelectorAll(`[data-field~="${CSS.escape(name)}"]`)];
    marks.forEach((mark) => mark.classList.add("now"));
    const seen = marks.find((mark) => mark.getClientRects().length);
    if (seen) seen.scrollIntoView({ block: "center", behavior: "auto" });
  }

  // A form that takes long says so, and is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent === "1") { event.preventDefault(); return; }
    if (form.dataset.busy !== undefined) {
      form.dataset.sent = "1";
      form.querySelectorAll("[data-busy-note]").forEach((note) => { note.hidden = false; });
      form.setAttribute("aria-busy", "true");
    }
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

  // What is there to be copied has a button for it, where the browser lets a page copy.
  const kept = "pre.snippet, code.user-select-all";
  for (const text of navigator.clipboard ? document.querySelectorAll(kept) : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm copy-button d-print-none";
    button.textContent = document.body.dataset.copy;
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text.textContent.trim()); } catch { return; }
      button.textContent = document.body.dataset.copied;
      setTimeout(() => { button.textContent = document.body.dataset.copy; }, 2000);
    });
    text.after(button);
  }

  // Drop zones hand a dropped file to their file input.
  for (const zone of document.querySelectorAll("[data-drop]")) {
    const input = zone.querySelector("input[type=file]");
    const name = zone.querySelector("[data-drop-name]");
    const show = () => { if (name && input.files.length) name.textContent = input.files[0].name; };
    for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add("over"); });
    for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); } });
    input.addEventListener("change", show);
  }

  // Clocks and ages. The server's time is the truth: the browser only counts on from it.
  const served = Number(document.body.dataset.servedAt || 0);
  const loaded = performance.now();
  const nowMs = () => (served || Date.now()) + (served ? performance.now() - loaded : 0);
  function tick() {
    for (const clock of document.querySelectorAll("[data-clock]")) {
      clock.textContent = new Intl.DateTimeFormat("vi-VN", { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(nowMs());
    }
    for (const stale of document.querySelectorAll("[data-stale-after]")) {
      const isStale = nowMs() > Number(stale.dataset.staleAfter);
      document.body.classList.toggle("stale", isStale);
      stale.hidden = !isStale;
    }
  }
  if (document.querySelector("[data-clock],[data-stale-after]")) { tick(); setInterval(tick, 1000); }
  // the board's news must close nothing that is open, and take no field from under a hand
  let opened = null;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    opened = null;
    const old = event.detail.target;
    if (old.id !== "rows") return;
    if (old.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) { event.detail.shouldSwap = false; return; }
    opened = Array.from(old.querySelectorAll("details"), (one) => one.open);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    const now = opened ? document.querySelectorAll("#rows details") : [];
    if (opened && now.length === opened.length) now.forEach((one, n) => { one.open = one.open || opened[n]; });
    opened = null;
    tick();
  });
})();
