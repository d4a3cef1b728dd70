"use strict";
// The buttons of a chart are one stop of the Tab key, as those of any toolbar; the arrows go from one to the next.
document.addEventListener("keydown", (event) => {
  const buttons = [...(event.target.closest?.(".modebar")?.querySelectorAll("button") ?? [])];
  const at = buttons.indexOf(event.target), last = buttons.length - 1;
  const steps = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last, Tab: event.shiftKey ? 0 : last };
  if (at < 0 || !(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
  // Tab goes on from the last button, or back from the first, by itself.
  if (event.key !== "Tab") event.preventDefault();
  buttons[Math.min(Math.max(steps[event.key], 0), last)].focus();
});
