"use strict";
// Runs before the page is drawn, so that it never flashes in the wrong colours.
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
