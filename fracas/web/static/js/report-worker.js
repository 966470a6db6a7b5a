// Keeps the filing page and its files on the phone, so that it opens in a tunnel. It never touches a POST.
"use strict";

const CACHE = "fracas-report-1";
const PAGE = "/failures/file";

// The page that brought the worker was fetched before there was one: keep it and what it needs now, so that one visit is
// enough.
async function keepPage() {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE);
  if (!page.ok || page.redirected) return;
  const files = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map((match) => match[1]);
  await Promise.all([cache.put(PAGE, page), cache.addAll([...new Set(files)])]);
}

self.addEventListener("install", (event) => event.waitUntil(keepPage().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const kept = url.pathname === PAGE || url.pathname.startsWith("/static/");
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
