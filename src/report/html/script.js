
"use strict";
// Shows the findings that were asked for. Written without the two signs that XML takes for its own.
(function () {
  const form = document.getElementById("filters");
  if (form === null) return;
  const findings = Array.from(document.querySelectorAll("article"), function (article) {
    return { article: article, details: article.querySelector("details"), text: null };
  });
  const stacks = Array.from(document.querySelectorAll("section.stack"));
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const search = form.elements.namedItem("text");

  // The text of a finding is read when somebody first searches.
  function says(finding, words) {
    if (finding.text === null) {
      const stack = finding.article.closest("section").querySelector("h2 bdi").textContent;
      finding.text = (stack + " " + finding.article.textContent).toLowerCase();
    }
    return words.every(function (word) { return finding.text.includes(word); });
  }

  function filter() {
    const asked = new FormData(form);
    const severities = asked.getAll("severity");
    const rule = asked.get("rule");
    const status = asked.get("status");
    const words = asked.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const finding of findings) {
      const data = finding.article.dataset;
      const others = ["", data.rule].includes(rule) ? ["", data.status].includes(status) : false;
      const passes = others ? severities.includes(data.severity) : false;
      const shows = passes ? says(finding, words) : false;
      finding.article.hidden = !shows;
      if (shows) shown += 1;
    }
    for (const stack of stacks) stack.hidden = stack.querySelector("article:not([hidden])") === null;
    none.hidden = shown !== 0;
    count.textContent = shown + " of " + findings.length + " shown";
  }

  function each(open) {
    for (const finding of findings) finding.details.open = open;
  }

  let waiting = 0;
  form.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener("reset", function () { setTimeout(filter); });
  form.addEventListener("submit", function (event) { event.preventDefault(); filter(); });
  document.getElementById("open").addEventListener("click", function () { each(true); });
  document.getElementById("close").addEventListener("click", function () { each(false); });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      if (event.target === search) { search.value = ""; filter(); }
      return;
    }
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select") !== null;
    if (event.key !== "/" || busy) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // On paper nobody unfolds anything.
  let closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", function () {
    for (const details of closed) details.open = false;
  });

  form.hidden = false;
  filter();
})();
