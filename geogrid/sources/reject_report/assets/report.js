/* The report of an import: the other language, and the entries of one kind. */
(function () {
  "use strict";
  const root = document.documentElement;
  const button = document.getElementById("language");
  button.addEventListener("click", function () {
    const isEnglish = root.classList.toggle("is-en");
    root.lang = isEnglish ? "en" : "zh-CN";
    button.textContent = isEnglish ? "中文" : "English";
    button.lang = isEnglish ? "zh-CN" : "en";
    button.setAttribute("aria-pressed", String(isEnglish));
  });
  document.querySelectorAll("section.list").forEach(function (section) {
    const choices = section.querySelectorAll(".kinds button");
    const entries = section.querySelectorAll("article");
    section.querySelector(".kinds").addEventListener("click", function (event) {
      const chosen = event.target.closest("button");
      if (!chosen) {
        return;
      }
      const kind = chosen.dataset.kind;
      choices.forEach(function (one) {
        one.setAttribute("aria-pressed", String(one === chosen));
      });
      entries.forEach(function (entry) {
        entry.hidden = kind !== "" && entry.dataset.kinds.split(" ").indexOf(kind) < 0;
      });
    });
  });
})();
