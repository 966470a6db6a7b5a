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
    layout.modebar = { bgcolor: "rgba(255,255,255,.8)", color: "#5b6975", activecolor: "#16232f" };
    if (narrow) layout.margin = { ...(layout.margin || {}), l: 48, r: 8 };
    const locale = document.documentElement.lang;
    Plotly.register({ moduleType: "locale", name: locale, dictionary: JSON.parse(figure.dataset.words), format: {} });
    // These buttons and no others: Plotly's own bar offers to upload the chart.
    const modeBarButtons = [["toImage", "zoom2d", "pan2d", "resetScale2d"]];
    Plotly.newPlot(box, data, { ...layout, autosize: true }, {
      responsive: true, displaylogo: false, displayModeBar: narrow ? false : "hover", modeBarButtons, locale,
    });
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
}

// On the document and not on each form: htmx announces the first page too, and a form must not be held back twice.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (form) form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.queue) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
