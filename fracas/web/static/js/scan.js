// Read a serial with the camera: the browser's own BarcodeDetector where there is one, zxing-wasm elsewhere.
"use strict";

const FORMATS = ["qr_code", "data_matrix", "code_128", "code_39", "ean_13"];

async function nativeDetector() {
  if (!("BarcodeDetector" in window)) return null;
  const known = await BarcodeDetector.getSupportedFormats();
  const formats = FORMATS.filter((format) => known.includes(format));
  if (!formats.length) return null;
  const detector = new BarcodeDetector({ formats });
  return async (video) => (await detector.detect(video)).map((code) => code.rawValue);
}

let zxingLoaded;
function zxingDetector() {
  zxingLoaded ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/static/vendor/zxing/zxing-reader.js";
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return zxingLoaded.then(() => {
    // Its default would fetch the module from somebody else's server.
    ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => "/static/vendor/zxing/zxing_reader.wasm" } });
    const canvas = document.createElement("canvas");
    return async (video) => {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(video, 0, 0);
      const image = context.getImageData(0, 0, canvas.width, canvas.height);
      return (await ZXingWASM.readBarcodes(image, { tryHarder: true })).map((code) => code.text);
    };
  });
}

// A label may hold a link or fields; the serial is its last word.
function serialOf(text) {
  return text.trim().split(/[/?=;\s]+/).filter(Boolean).pop() || "";
}

async function scanInto(input) {
  const dialog = document.createElement("dialog");
  dialog.className = "scanner";
  const video = Object.assign(document.createElement("video"), { autoplay: true, muted: true, playsInline: true });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-light", textContent: "✕" });
  dialog.append(video, close);
  document.body.append(dialog);
  dialog.showModal();
  let stream;
  const stop = () => {
    if (stream) for (const track of stream.getTracks()) track.stop();
    dialog.remove();
  };
  close.addEventListener("click", stop);
  dialog.addEventListener("cancel", stop);
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    const detect = (await nativeDetector()) || (await zxingDetector());
    while (dialog.isConnected) {
      const found = (await detect(video)).map(serialOf).filter(Boolean);
      if (found.length) {
        input.value = found[0];
        input.dispatchEvent(new Event("change", { bubbles: true }));
        if (navigator.vibrate) navigator.vibrate(60);
        stop();
      }
      await new Promise((wake) => setTimeout(wake, 150));
    }
  } catch (error) {
    stop();
    input.placeholder = input.dataset.noCamera || "";
    input.focus();
  }
}

for (const button of document.querySelectorAll("[data-scan]")) {
  if (!navigator.mediaDevices) continue;
  button.hidden = false;
  button.addEventListener("click", () => scanInto(document.getElementById(button.dataset.scan)));
}
