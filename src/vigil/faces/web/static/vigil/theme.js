// Before the page is drawn: "auto" follows the system's theme.
(() => {
  const root = document.documentElement;
  if (root.dataset.theme === "auto") {
    root.setAttribute("data-bs-theme", matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }
})();
