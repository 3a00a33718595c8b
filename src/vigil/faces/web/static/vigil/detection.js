// The queue renews itself; what was ticked stays ticked, and whoever writes in it is not disturbed.
(() => {
  const ticked = new Set();
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const old = document.querySelector("[data-keep-ticks]");
    if (!old || event.detail.target !== old) return;
    ticked.clear();
    old.querySelectorAll("input[type=checkbox]:checked").forEach((box) => ticked.add(box.value));
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    document.querySelectorAll("[data-keep-ticks] input[type=checkbox]").forEach((box) => { if (ticked.has(box.value)) box.checked = true; });
  });
  // closing without a verdict would be refused, and the ticks lost on the way
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=what][value=close]");
    const verdict = button && button.form.elements.verdict;
    if (!verdict) return;
    verdict.required = true;
    if (!verdict.reportValidity()) event.preventDefault();
    verdict.required = false;
  });
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-check-all]");
    if (!all) return;
    document.querySelectorAll(`input[name="${CSS.escape(all.dataset.checkAll)}"]`).forEach((box) => { box.checked = all.checked; });
  });
})();
