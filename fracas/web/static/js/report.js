// Filing at a depot with poor network: the report is kept on the phone until the server has acknowledged it.
// Every report carries a number of its own (`submission`), so sending it twice files it once.
"use strict";

const form = document.querySelector("form[data-queue]");
const waitingBox = document.getElementById("waiting");
const words = form.dataset;

const database = idb.openDB("fracas-reports", 1, {
  upgrade(db) { db.createObjectStore("reports", { keyPath: "submission" }); },
});

function newSubmission() {
  return crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(16).slice(2)}`;
}

// The wall clock of this phone, with its offset, so that the server need not guess a zone.
function withOffset(local) {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local)) return local;
  const minutes = -new Date(local).getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  const two = (n) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  return `${local}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}

function collect() {
  const data = new FormData(form);
  data.set("occurred_at", withOffset(data.get("occurred_at")));
  data.delete("csrf_token");
  const photo = data.get("photo");
  if (photo instanceof File && !photo.size) data.delete("photo");
  return data;
}

// Large photos cost minutes on a bad line; 1600 pixels show a crack as well.
async function shrink(file) {
  if (!file || !file.type.startsWith("image/") || file.size < 600000 || !window.createImageBitmap) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  } catch { return file; }
}

async function send(entries) {
  const token = await (await fetch(words.tokenUrl, { headers: { Accept: "application/json" }, cache: "no-store" })).json();
  const body = new FormData();
  for (const [name, value] of entries) body.append(name, value);
  return fetch(form.action, {
    method: "POST", body, headers: { "X-CSRFToken": token.csrf_token, Accept: "application/json" },
  });
}

// The number of the refused report that stands in the form. It stays on the phone until what replaces it is there too; until
// then it is neither sent nor shown as waiting.
let mending = null;

async function showWaiting() {
  const waiting = (await (await database).getAll("reports")).filter((report) => report.submission !== mending);
  waitingBox.replaceChildren();
  waitingBox.hidden = !waiting.length;
  for (const report of waiting) {
    const line = document.createElement("div");
    const symptom = (report.entries.find(([name]) => name === "symptom") || [])[1] || "";
    const serial = (report.entries.find(([name]) => name === "serial") || [])[1] || "";
    line.textContent = `${words.waiting} ${serial} · ${symptom.slice(0, 60)}`;
    if (report.refusal) {
      const why = document.createElement("div");
      why.className = "text-danger small";
      why.textContent = report.refusal;
      const mend = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-outline-danger me-2", textContent: words.mend });
      mend.addEventListener("click", () => mendReport(report));
      line.append(why, mend);
    }
    waitingBox.append(line);
  }
}

async function mendReport(report) {
  mending = report.submission;
  await running; // it may be on its way at this moment, and arrive
  if (!(await (await database).get("reports", mending))) {
    mending = null;
    return showWaiting();
  }
  form.reset(); // nothing of another report, nor its photo, may go with this one
  for (const [name, value] of report.entries) {
    const input = form.elements[name];
    if (!input) continue;
    if (value instanceof File) input.files = holding(value);
    else input.value = name === "occurred_at" ? value.slice(0, 16) : value;
  }
  // The server may have kept the old number for other words; with a new one the mended report is a report of its own.
  form.elements.submission.value = newSubmission();
  await showWaiting();
  form.elements.serial.focus();
}

// A page may put a file into its input only by way of what a drag would carry.
function holding(file) {
  const carried = new DataTransfer();
  carried.items.add(file);
  return carried.files;
}

// One after another: a report that comes while others are being sent has its turn after them.
let running = Promise.resolve(null);
function flush() {
  running = running.catch(() => null).then(sendWaiting);
  return running;
}

async function sendWaiting() {
  let last = null;
  const db = await database;
  for (const report of await db.getAll("reports")) {
    if (report.submission === mending) continue;
    let response;
    try { response = await send(report.entries); } catch { break; }
    if (response.status === 401 || response.status === 503 || response.status === 429 || response.status >= 500) break;
    const answer = await response.json().catch(() => ({}));
    if (response.ok) {
      await db.delete("reports", report.submission);
      last = answer;
    } else {
      const parts = (answer.errors || []).map((e) => e.message);
      report.refusal = parts.length ? parts.join(" ") : answer.detail || String(response.status);
      await db.put("reports", report);
    }
  }
  await showWaiting();
  return last;
}

// What is mended takes the place of what was refused in one transaction: at no moment is neither on the phone.
async function keep(report) {
  const change = (await database).transaction("reports", "readwrite");
  await Promise.all([change.store.put(report), ...(mending ? [change.store.delete(mending)] : []), change.done]);
  mending = null;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  const data = collect();
  const submission = data.get("submission") || newSubmission();
  data.set("submission", submission);
  if (data.get("photo")) data.set("photo", await shrink(data.get("photo")));
  await keep({ submission, entries: [...data.entries()] });
  const filed = await flush();
  button.disabled = false;
  if (filed && filed.url) { window.location.assign(filed.url); return; }
  const kept = await (await database).get("reports", submission);
  form.elements.submission.value = newSubmission();
  if (kept && kept.refusal) {
    await mendReport(kept);
    showRefusal(kept.refusal);
  } else if (kept) {
    showRefusal("");
    form.reset();
    form.elements.submission.value = newSubmission();
  }
});

function showRefusal(text) {
  const box = document.getElementById("refusal");
  box.textContent = text;
  box.hidden = !text;
  if (text) box.scrollIntoView({ block: "center" });
}

// What the serial is: asked while the person goes on typing the symptom.
const serial = form.elements.serial;
let asked = "";
async function lookUp() {
  if (!serial.value.trim() || serial.value === asked) return;
  asked = serial.value;
  try {
    const response = await fetch(`${words.lookupUrl}?serial=${encodeURIComponent(asked)}`);
    document.getElementById("found").innerHTML = await response.text();
    const metric = document.querySelector("#found [data-metric]");
    if (metric) {
      form.elements.metric.value = metric.dataset.metric;
      document.getElementById("usage-unit").textContent = metric.dataset.unit;
    }
  } catch { /* without network the server checks the serial when the report arrives */ }
}
serial.addEventListener("change", lookUp);

window.addEventListener("online", flush);
if (form.elements.occurred_at && !form.elements.occurred_at.value) {
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60000);
  form.elements.occurred_at.value = now.toISOString().slice(0, 16);
}
if (!form.elements.submission.value) form.elements.submission.value = newSubmission();
if ("serviceWorker" in navigator) navigator.serviceWorker.register(words.worker);
showWaiting().then(flush);
lookUp();
