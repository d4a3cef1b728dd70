"use strict";
// A table wider than its place says that it scrolls, also one that comes later.
(() => {
  const measure = (region) => region.classList.toggle("wide", region.scrollWidth > region.clientWidth + 1);
  const sizes = new ResizeObserver((entries) => entries.map(({ target }) => target.closest(".scroll")).filter(Boolean).forEach(measure));
  const watched = new WeakSet();
  const look = () => document.querySelectorAll(".scroll, .scroll > table").forEach((part) => {
    // To observe again what is observed would measure it again, with every change of the page.
    if (!watched.has(part)) sizes.observe(part);
    watched.add(part);
  });
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
})();
