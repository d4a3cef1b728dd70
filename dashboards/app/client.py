"""What runs in the browser: short functions between what a reader does and what the page keeps of it."""

import json

from dashboards.app.charts import OVER_TIME

LOOK = """
(clicks, kept) => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  let look = kept || system;
  if (window.dash_clientside.callback_context.triggered_id === "theme") {
    look = look === "dark" ? "light" : "dark";
  }
  root.dataset.theme = root.dataset.agThemeMode = look;
  const button = document.getElementById("theme");
  const other = look === "dark" ? "Light" : "Dark";
  button.setAttribute("aria-label", `Switch to the ${other.toLowerCase()} theme`);
  return [look === system ? null : look, look, other];
}
"""
FOCUS = """
(children) => {
  const found = document.querySelector("#detail h2");
  if (found && window.dashboardsDetail !== found.textContent && window.dashboardsReady) {
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
  }
  window.dashboardsDetail = found ? found.textContent : "";
  window.dashboardsReady = true;
  return window.dash_clientside.no_update;
}
"""
TYPED = """
(value) => new Promise((resolve) => {
  const waiting = window.dashboardsTyping;
  if (waiting) {
    clearTimeout(waiting.timer);
    waiting.resolve(window.dash_clientside.no_update);
  }
  window.dashboardsTyping = { resolve, timer: setTimeout(() => resolve(value), 350) };
})
"""
"""Tells what was typed when no more has been for a while; the box itself is left alone meanwhile."""
ZOOMED = """
() => {
  const asked = window.dash_clientside.callback_context.triggered[0];
  const told = (asked && asked.value) || {};
  const key = Object.keys(told).find((each) => /^xaxis\\d*\\.(range|range\\[0\\]|autorange)$/.test(each));
  if (!key) return window.dash_clientside.no_update;
  const chart = JSON.parse(asked.prop_id.slice(0, asked.prop_id.lastIndexOf("."))).chart;
  const axis = key.split(".")[0];
  window.dashboardsClicks = (window.dashboardsClicks || 0) + 1;
  const range = told[`${axis}.range`] || [told[`${axis}.range[0]`], told[`${axis}.range[1]`]];
  return { chart, range: key.endsWith("autorange") ? null : range, at: performance.now() };
}
"""
"""Tells on which chart which range was drawn with the pointer; null: all of it again."""
CLICKED = """
() => {
  const none = window.dash_clientside.no_update;
  const asked = window.dash_clientside.callback_context.triggered[0];
  const point = asked && asked.value && asked.value.points && asked.value.points[0];
  if (!point) return none;
  const chart = JSON.parse(asked.prop_id.slice(0, asked.prop_id.lastIndexOf("."))).chart;
  const told = { chart, points: [{ x: point.x, y: point.y }], at: performance.now() };
  if (!OVER_TIME.includes(chart)) return told;
  const clicks = (window.dashboardsClicks = (window.dashboardsClicks || 0) + 1);
  return new Promise((resolve) => setTimeout(() => resolve(clicks === window.dashboardsClicks ? told : none), 350));
}
""".replace("OVER_TIME", json.dumps(OVER_TIME))
"""Tells which point of a chart was clicked on; over time only when no second click follows, which ends a range."""
