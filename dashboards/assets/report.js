"use strict";
// Draws the figures and the tables from the JSON that the page embeds. Text from the data is only ever set as text.
(() => {
  const PAGE = 20;
  const root = document.documentElement;
  const read = (name) => JSON.parse(document.getElementById(`data-${name}`).textContent);
  const templates = read("templates");
  const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["lasso2d", "select2d"] };

  const element = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  // Figures

  const plots = [...document.querySelectorAll(".plot")];

  function narrow(cells) {
    // Text shrinks to the size that still fits narrow cells; where none could be read, it is left out.
    if (cells.meta?.narrow) cells.textfont.size = cells.meta.narrow;
    else delete cells.texttemplate;
  }

  function draw(plot) {
    const figure = read(`figure-${plot.dataset.figure}`);
    if (plot.clientWidth < 600) figure.data.filter((trace) => trace.type === "heatmap").forEach(narrow);
    const layout = { ...figure.layout, template: templates[root.dataset.theme], autosize: true };
    return Plotly.react(plot, figure.data, layout, config);
  }

  function drawNext(rest) {
    if (!rest.length) {
      root.dataset.drawn = "yes";
      return;
    }
    draw(rest[0]);
    setTimeout(() => drawNext(rest.slice(1)), 0);
  }

  // Theme

  const toggle = document.getElementById("theme");

  function dress(theme) {
    root.dataset.theme = theme;
    toggle.textContent = theme === "dark" ? "Light" : "Dark";
    toggle.setAttribute("aria-pressed", String(theme === "dark"));
    toggle.setAttribute("aria-label", `Switch to the ${toggle.textContent.toLowerCase()} theme`);
  }

  function change(theme) {
    dress(theme);
    plots.filter((plot) => plot.data).forEach((plot) => draw(plot));
  }

  toggle.addEventListener("click", () => change(root.dataset.theme === "dark" ? "light" : "dark"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => change(event.matches ? "dark" : "light"));
  dress(root.dataset.theme);

  // Paper is white, and narrower than the window.

  let worn = null;
  addEventListener("beforeprint", () => {
    worn = root.dataset.theme;
    dress("light");
    plots.forEach((plot) => {
      draw(plot);
      Plotly.relayout(plot, { width: 680 });
    });
  });
  addEventListener("afterprint", () => change(worn));

  // Tables

  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const fine = [0, 1, 2].map((digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
  const formats = {
    text: (value) => value,
    flag: (value) => (value ? "yes" : "no"),
    share: (value, column) => {
      const digits = column.digits ?? 1;
      const text = (value * 100).toFixed(digits);
      return `${value > 0 && !Number(text) ? `<${(10 ** -digits).toFixed(digits)}` : text} %`;
    },
    ratio: (value) => value.toFixed(3),
    number: (value, column) => (column.mixed && Math.abs(value) < 1 ? small : fine[column.digits ?? 0]).format(value),
    duration: (value, column) => {
      if (column.brief) return `${fine[2].format(value)} s`;
      const seconds = Math.round(value);
      const clock = [Math.floor((seconds % 86400) / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
      const days = Math.floor(seconds / 86400);
      return `${days ? `${days} d ` : ""}${clock.map((part) => String(part).padStart(2, "0")).join(":")}`;
    },
  };
  const value = (column, row) => (column.words ? column.words[column.values[row]] : column.values[row]);
  const shown = (column, row) => {
    const found = value(column, row);
    return found === null ? "–" : formats[column.kind](found, column);
  };

  function compare(column, down) {
    const words = column.words && [...column.words.keys()].sort((a, b) => column.words[a].localeCompare(column.words[b], "en", { numeric: true }));
    const rank = words && words.reduce((ranks, word, place) => ((ranks[word] = place), ranks), []);
    const key = (row) => (rank ? rank[column.values[row]] : column.values[row]);
    return (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === null || b === null) return (a === null) - (b === null);
      return (down ? b - a : a - b) || one - other;
    };
  }

  class Grid {
    constructor(section) {
      this.section = section;
      this.table = read(`table-${section.dataset.table}`);
      this.all = Array.from({ length: this.table.rows }, (_, row) => row);
      this.rows = this.all;
      this.order = null;
      this.page = 0;
      this.build();
      this.show();
    }

    build() {
      const title = this.section.querySelector("h3").firstChild.textContent.trim();
      this.filter = element("input", { type: "search", placeholder: "Filter, such as a name", autocomplete: "off" });
      this.filter.setAttribute("aria-label", `Filter ${title}`);
      let wait = 0;
      this.filter.addEventListener("input", () => {
        clearTimeout(wait);
        wait = setTimeout(() => this.select(), 120);
      });
      this.count = element("span", { className: "count", role: "status" });
      this.back = element("button", { type: "button", textContent: "‹ Back" });
      this.next = element("button", { type: "button", textContent: "Next ›" });
      this.back.addEventListener("click", () => this.turn(-1));
      this.next.addEventListener("click", () => this.turn(1));
      const save = element("button", { type: "button", textContent: "Save CSV" });
      save.addEventListener("click", () => this.save());
      const tools = element("div", { className: "tools" }, this.filter, this.count, this.back, this.next, save);
      this.body = element("tbody");
      const head = element("thead", {}, element("tr", {}, ...this.table.columns.map((column) => this.head(column))));
      const region = element("div", { className: "scroll", tabIndex: 0 }, element("table", {}, head, this.body));
      region.setAttribute("role", "region");
      region.setAttribute("aria-label", title);
      this.section.append(tools, region);
      if (this.table.rows < this.table.total) {
        const text = `The first ${whole.format(this.table.rows)} of ${whole.format(this.table.total)} rows; the result folder has all.`;
        this.section.append(element("p", { className: "nothing", textContent: text }));
      }
    }

    head(column) {
      const button = element("button", { type: "button", textContent: column.label, title: column.hint });
      if (column.words?.some((word) => word.length > 80)) column.style = "text long";
      const cell = element("th", { scope: "col", className: column.style ?? column.kind }, button);
      button.addEventListener("click", () => this.sort(column, cell));
      return cell;
    }

    sort(column, cell) {
      const down = cell.getAttribute("aria-sort") === "ascending";
      this.section.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      this.order = compare(column, down);
      this.select();
    }

    texts() {
      const columns = this.table.columns.filter((column) => column.words);
      this.text ??= this.all.map((row) => columns.map((column) => value(column, row)).join("\n").toLowerCase());
      return this.text;
    }

    select() {
      const wanted = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const texts = wanted.length ? this.texts() : [];
      this.rows = this.all.filter((row) => wanted.every((word) => texts[row].includes(word)));
      if (this.order) this.rows.sort(this.order);
      this.page = 0;
      this.show();
    }

    turn(step) {
      this.page += step;
      this.show();
    }

    show() {
      const first = this.page * PAGE;
      const rows = this.rows.slice(first, first + PAGE);
      this.body.replaceChildren(...rows.map((row) => this.line(row)));
      const range = rows.length ? `${whole.format(first + 1)}–${whole.format(first + rows.length)} of ` : "";
      this.count.textContent = `${range}${whole.format(this.rows.length)}`;
      this.section.dataset.printed = rows.length < this.all.length ? `Rows ${range}${whole.format(this.all.length)}; the result folder has all.` : "";
      this.back.disabled = first === 0;
      this.next.disabled = first + PAGE >= this.rows.length;
      const single = this.all.length <= PAGE;
      this.back.hidden = this.next.hidden = single;
    }

    line(row) {
      const cells = this.table.columns.map((column) => element("td", { className: column.style ?? column.kind, textContent: shown(column, row) }));
      return element("tr", {}, ...cells);
    }

    save() {
      // A cell that a spreadsheet would run is led by an apostrophe, as in the result folder.
      const quote = (text) => `"${text.replace(/^(?=[=+\-@\t\r'])/, "'").replaceAll('"', '""')}"`;
      const cell = (column, row) => {
        const found = value(column, row);
        return column.words ? quote(found) : String(found ?? "");
      };
      const lines = this.rows.map((row) => this.table.columns.map((column) => cell(column, row)).join(","));
      const text = [this.table.columns.map((column) => column.name).join(","), ...lines].join("\r\n");
      const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
      link.download = `${this.section.dataset.table}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  }

  document.querySelectorAll("[data-table]").forEach((section) => new Grid(section));

  drawNext(plots);
})();
