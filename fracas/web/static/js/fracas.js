// What every page needs: the CSRF token on htmx requests, charts, one submit per form, filters that apply themselves.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
});

// Among what a point carries, the address of its records (see `points` in web/templating.py).
function linkOf(point) {
  return [].concat((point && point.customdata) || []).find((one) => typeof one === "string" && /^\/(?!\/)/.test(one));
}

// Room for the curve on a phone: narrow margins, small print, codes in place of names below the bars.
function fitPhone(layout) {
  layout.margin = { ...(layout.margin || {}), l: 48, r: layout.yaxis2 ? 48 : 8 };
  layout.font = { ...(layout.font || {}), size: 11 };
  layout.legend = { ...(layout.legend || {}), font: { size: 11 } };
  layout.annotations = (layout.annotations || []).map((one) => ({ font: { size: 10 }, ...one }));
  const short = layout.meta && layout.meta.short;
  if (!short) return;
  const ticktext = short.map((text) => (text.length > 9 ? `${text.slice(0, 8)}…` : text));
  layout.xaxis = { ...layout.xaxis, tickmode: "array", tickvals: short.map((_, place) => place), ticktext, tickangle: -45 };
}

function drawCharts(root) {
  for (const figure of root.querySelectorAll("figure.chart:not([data-drawn])")) {
    figure.dataset.drawn = "1";
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    const box = figure.querySelector(".chart-box");
    const narrow = window.matchMedia("(max-width: 575px)").matches;
    layout.modebar = { bgcolor: "rgba(255,255,255,.8)", color: "#5b6975", activecolor: "#16232f" };
    if (narrow) fitPhone(layout);
    const locale = document.documentElement.lang;
    Plotly.register({ moduleType: "locale", name: locale, dictionary: JSON.parse(figure.dataset.words), format: {} });
    // These buttons and no others: Plotly's own bar offers to upload the chart.
    const modeBarButtons = [["toImage", "zoom2d", "pan2d", "resetScale2d"]];
    Plotly.newPlot(box, data, { ...layout, autosize: true }, {
      responsive: true, displaylogo: false, displayModeBar: narrow ? false : "hover", modeBarButtons, locale,
    });
    // Whoever does not see the picture has the figure's label, and the list below it; not a heap of axis marks.
    for (const picture of box.querySelectorAll("svg.main-svg")) picture.setAttribute("aria-hidden", "true");
    // A point that knows its record opens it.
    box.on("plotly_click", (event) => {
      const target = linkOf(event.points[0]);
      if (target) window.location.assign(target);
    });
    box.on("plotly_hover", (event) => box.classList.toggle("opens", Boolean(linkOf(event.points[0]))));
    box.on("plotly_unhover", () => box.classList.remove("opens"));
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
