// The roster: names are dragged, or moved with Alt and the arrows; what a move would break is asked of the server at once.
(() => {
  let dragged = null;
  let over = null;
  const seen = new Map();

  const root = () => document.getElementById("roster");
  const movable = () => root() && root().dataset.movable !== undefined;

  function clear() {
    document.querySelectorAll(".may-drop,.must-not-drop,.asks-reason,.may-exchange,.is-dragged").forEach((node) => {
      node.classList.remove("may-drop", "must-not-drop", "asks-reason", "may-exchange", "is-dragged");
    });
  }

  async function look(values) {
    const query = new URLSearchParams(values).toString();
    const key = `${root().dataset.version}?${query}`;
    if (!seen.has(key)) {
      seen.set(key, fetch(`${root().dataset.look}?${query}`, { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : null)).catch(() => null));
    }
    return seen.get(key);
  }

  function change(values) {
    const all = { ...values, version: root().dataset.version };
    window.htmx.ajax("POST", root().dataset.change, { values: all, target: "#roster", swap: "outerHTML" });
  }

  document.addEventListener("dragstart", (event) => {
    const chip = event.target.closest && event.target.closest(".chip[draggable='true']");
    if (!chip || !movable()) return;
    dragged = chip;
    chip.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", chip.dataset.row);
  });
  document.addEventListener("dragend", () => { dragged = null; over = null; clear(); });

  document.addEventListener("dragenter", (event) => {
    const cell = dragged && event.target.closest && event.target.closest("td.cell[data-shift]");
    if (!cell) return;
    const onto = event.target.closest(".chip[data-row]");
    document.querySelectorAll(".may-exchange").forEach((node) => node.classList.remove("may-exchange"));
    const from = dragged.closest("td.cell");
    if (onto && onto !== dragged && from !== cell) onto.classList.add("may-exchange");
    over = cell;
    document.querySelectorAll("td.cell").forEach((node) => node !== cell && node.classList.remove("may-drop", "must-not-drop", "asks-reason"));
    if (cell === from || cell.classList.contains("is-over")) return;
    const values = onto && onto !== dragged ? { row: dragged.dataset.row, other: onto.dataset.row } : { row: dragged.dataset.row, shift: cell.dataset.shift };
    look(values).then((told) => {
      if (!dragged || !told || over !== cell) return;
      cell.classList.remove("may-drop", "must-not-drop", "asks-reason");
      cell.classList.add(told.never ? "must-not-drop" : told.allowed ? "may-drop" : "asks-reason");
      cell.title = [...told.breaks, ...told.opens].join("\n");
    });
  });
  document.addEventListener("dragover", (event) => {
    if (dragged && event.target.closest && event.target.closest("td.cell[data-shift]")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const cell = dragged && event.target.closest && event.target.closest("td.cell[data-shift]");
    if (!cell) return;
    event.preventDefault();
    const onto = event.target.closest(".chip[data-row]");
    const row = dragged.dataset.row;
    const from = dragged.closest("td.cell");
    dragged = null;
    over = null;
    clear();
    if (from === cell || cell.classList.contains("is-over")) return;
    change(onto && onto.dataset.row !== row ? { row, other: onto.dataset.row } : { row, shift: cell.dataset.shift });
  });

  // Alt with the arrows: the same shift a day on, or another shift of the day.
  document.addEventListener("keydown", (event) => {
    const chip = event.altKey && event.target.closest && event.target.closest(".chip[draggable='true']");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!chip || !step || !movable()) return;
    event.preventDefault();
    const cell = chip.closest("td.cell");
    let line = cell.parentElement;
    if (step[0]) line = step[0] < 0 ? line.previousElementSibling : line.nextElementSibling;
    const target = line && line.children[cell.cellIndex + step[1]];
    if (!target || !target.dataset || !target.dataset.shift) return;
    focusAfter = { name: chip.querySelector("span").textContent, cells: [target.dataset.shift, cell.dataset.shift] };
    change({ row: chip.dataset.row, shift: target.dataset.shift });
  });
  let focusAfter = null;
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "panel") {
      const title = document.getElementById("panel-title");
      if (title) title.focus({ preventScroll: true });
      if (title) title.scrollIntoView({ block: "nearest" });
      return;
    }
    seen.clear();
    const dialog = document.querySelector("#roster [role=alertdialog] [name=reason]");
    if (dialog) dialog.focus();
    if (!focusAfter) return;
    const chips = focusAfter.cells.flatMap((shift) => [...document.querySelectorAll(`#roster td[data-shift="${CSS.escape(shift)}"] .chip[data-row]`)]);
    const again = chips.find((node) => node.querySelector("span").textContent === focusAfter.name);
    if (!dialog && again) again.focus();
    focusAfter = null;
  });
})();
