// Keeps the filing page and its files on the phone, so that it opens in a tunnel. It never touches a POST.
"use strict";

const CACHE = "fracas-report-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const kept = url.pathname === "/failures/file" || url.pathname.startsWith("/static/");
  if (request.method !== "GET" || url.origin !== self.location.origin || !kept) return;
  // The network first: a cached page is for when there is none.
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    try {
      const fresh = await fetch(request);
      if (fresh.ok && !fresh.redirected) await cache.put(request, fresh.clone());
      return fresh;
    } catch (error) {
      const stored = await cache.match(request, { ignoreSearch: true });
      if (stored) return stored;
      throw error;
    }
  })());
});
