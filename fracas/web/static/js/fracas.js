// What every page needs: the CSRF token on htmx requests, charts, one submit per form, filters that apply themselves.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});

function drawCharts(root) {
  for (const figure of root.querySelectorAll("figure.chart:not([data-drawn])")) {
    figure.dataset.drawn = "1";
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    const box = figure.querySelector(".chart-box");
    const narrow = window.matchMedia("(max-width: 575px)").matches;
    if (narrow) layout.margin = { ...(layout.margin || {}), l: 48, r: 8 };
    Plotly.newPlot(box, data, { ...layout, autosize: true }, { responsive: true, displaylogo: false, displayModeBar: !narrow });
    // A point that knows its record opens it.
    box.on("plotly_click", (event) => {
      const link = event.points[0] && event.points[0].customdata;
      const target = Array.isArray(link) ? link[0] : link;
      if (typeof target === "string" && target.startsWith("/")) window.location.assign(target);
    });
  }
}

function loadPlotly(then) {
  if (window.Plotly) return then();
  const script = document.createElement("script");
  script.src = "/static/vendor/plotly/plotly.min.js";
  script.addEventListener("load", then);
  document.head.append(script);
}

function prepare(root) {
  if (root.querySelector("figure.chart")) loadPlotly(() => drawCharts(root));
  for (const form of root.querySelectorAll("form[data-auto-submit]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  for (const form of root.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      if (!form.dataset.queue) form.dataset.sent = "1";
    });
  }
}

document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
