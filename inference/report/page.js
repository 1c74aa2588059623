(function () {
  const plots = () => Array.from(document.querySelectorAll(".plotly-graph-div"));
  // A figure that was drawn inside something closed, or on another width of paper, has to be measured again.
  const fit = (root) => root.querySelectorAll(".plotly-graph-div").forEach((p) => { if (p.offsetParent) Plotly.Plots.resize(p); });
  document.querySelectorAll("main details").forEach((d) => d.addEventListener("toggle", () => { if (d.open) fit(d); }));
  if (window.innerWidth < 960) document.getElementById("contents").open = false;
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("main section > details:not([open])"));
    closed.forEach((d) => { d.open = true; });
    plots().forEach((p) => { if (p.offsetParent) Plotly.relayout(p, { width: p.closest(".grid") ? 320 : 660, autosize: false }); });
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((d) => { d.open = false; });
    plots().forEach((p) => Plotly.relayout(p, { width: null, autosize: true }));
  });
})();
