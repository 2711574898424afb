// Runs before the first paint, so that a chosen theme does not flash. 'system' follows the browser.
(() => {
  const themes = ["system", "light", "dark"];
  const names = { system: "as the system", light: "light", dark: "dark" };
  const read = () => {
    try {
      const stored = localStorage.getItem("sluice.theme");
      return themes.includes(stored) ? stored : "system";
    } catch {
      return "system"; // Storage is turned off: the theme lasts until the page is closed.
    }
  };
  let theme = read();

  const show = () => {
    document.documentElement.dataset.theme = theme;
    document.getElementById("theme")?.setAttribute("aria-label", `Theme: ${names[theme]}`);
    document.getElementById("theme")?.setAttribute("title", `Theme: ${names[theme]}`);
  };

  show();
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme").addEventListener("click", () => {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      try {
        localStorage.setItem("sluice.theme", theme);
      } catch {
        // As above.
      }

      show();
    });
  });
})();
