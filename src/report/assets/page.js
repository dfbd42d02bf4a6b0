/* page.js - the page comes alive: one state, its controls, its link, and buttons at every picture. */
(() => {
  "use strict";
  const { el } = figure;
  const section = document.getElementById("maps");
  if (!section || !report.nHead || !report.nContext || !map.events.length) return;

  const large = Math.max(0, report.contexts.findLastIndex((c) => !report.advertised || c <= report.advertised));
  const start = map.events.find((e) => e.id === "position_inversion") || map.events[0];
  const state = { event: start, keys: map.keysOf(start)[0], dtype: map.dtypes[0] || "", context: large, key: "attended", head: null };

  /* --- the link: what differs from the start -------------------------------------------------- */
  function link() {
    const p = new URLSearchParams();
    p.set("show", map.path(state.event, state.keys));
    if (state.event.rounded && state.dtype !== map.dtypes[0]) p.set("dtype", state.dtype);
    p.set("context", report.contexts[state.context]);
    if (state.head !== null) p.set("head", report.heads.layer[state.head] + "." + report.heads.head[state.head]);
    if (state.key !== "attended") p.set("key", state.key);
    if (state.head !== null) for (const [name, v] of whatif.words()) p.set(name, v);
    return "#" + p.toString();
  }
  function follow(hash) {
    const p = new URLSearchParams(hash.slice(1));
    const [last, first] = (p.get("show") || "").split(".").reverse(), event = map.events.find((e) => e.id === last);
    if (event && map.keysOf(event).includes(first || "")) Object.assign(state, { event, keys: first || "" });
    if (map.dtypes.includes(p.get("dtype"))) state.dtype = p.get("dtype");
    const context = report.contexts.indexOf(Number(p.get("context")));
    if (context >= 0) state.context = context;
    if (report.headOf.has(p.get("head"))) state.head = report.headOf.get(p.get("head"));
    if (p.get("key") === "random") state.key = "random";
    whatif.read(hash);
  }

  /* --- controls ------------------------------------------------------------------------------- */
  const choice = (id, label, change) => {
    const list = el("select", { id, onchange: () => change(list.value) });
    return { list, box: el("label", { for: id }, label, list) };
  };
  const fill = (c, entries, chosen) => {
    c.list.replaceChildren(...entries.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
    c.box.hidden = entries.length < 2;
  };
  const set = (change) => {
    Object.assign(state, change);
    draw();
    history.replaceState(null, "", link());
  };
  const eventBox = choice("c-event", "Show", (id) => {
    const event = map.eventOf(id), keys = map.keysOf(event);
    set({ event, keys: keys.includes(state.keys) ? state.keys : keys[0] });
  });
  const keysBox = choice("c-keys", "Keys", (keys) => set({ keys }));
  const dtypeBox = choice("c-dtype", "Scores rounded to", (dtype) => set({ dtype }));
  const contexts = el("div", { class: "contexts", role: "group", "aria-label": "Context" },
    ...report.contexts.map((c, i) => el("button", { type: "button", onclick: () => set({ context: i }),
      title: report.count(c) + " tokens" + (c === report.advertised ? ", advertised" : report.trained && c > report.trained ? ", beyond training" : "") },
    report.tokens(c), c === report.advertised ? el("span", { class: "flag", "aria-label": "advertised" }, "★") : null)));
  const reading = el("p", { id: "pointed", class: "reading", "aria-live": "polite" }, "Point at a head, or move with the arrow keys.");
  const legendBox = el("div", {});
  const picture = el("div", { class: "pic scroll", tabindex: 0, role: "group", "aria-label": "Map of all heads" });
  const panel = el("div", { id: "head", class: "head", "aria-live": "off" });
  const medians = el("div", { id: "medians" });

  const name = () => map.path(state.event, state.keys, state.dtype);
  const view = () => ({ event: state.event, name: name(), context: state.context, key: state.key });
  const words = (h) => `layer ${report.heads.layer[h]}, head ${report.heads.head[h]}: ` + map.words(name(), state.context, h);

  const heads = map.make((h) => {
    set({ head: h });
    document.getElementById("h-head").focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }, (h) => { reading.textContent = words(h); });
  picture.append(heads.svg);

  const mapRows = () => [["layer", "head", "context", "column", "counted", "ci95_low", "ci95_high", "predicted"],
    ...report.contexts.flatMap((m, c) => report.heads.layer.map((layer, h) => [layer, report.heads.head[h], m, name(),
      ...["", "|lo", "|hi", "|predicted"].map((s) => { const t = report.text(name() + s, c, h); return t === "–" ? "" : t.replaceAll(",", ""); })]))];
  const mapHead = el("div", { class: "shothead" });

  const actions = {
    step: (by) => set({ head: (state.head + by + report.nHead) % report.nHead }),
    open: (h) => { set({ head: h }); if (h === null) heads.svg.focus(); },
    key: (key) => set({ key }),
    link: () => history.replaceState(null, "", link()),
  };

  function draw() {
    fill(eventBox, map.events.map((e) => [e.id, e.label]), state.event.id);
    fill(keysBox, map.keysOf(state.event).map((k) => [k, map.KEYS[k]]), state.keys);
    fill(dtypeBox, state.event.rounded ? map.dtypes.map((d) => [d, d]) : [], state.dtype);
    [...contexts.children].forEach((b, i) => b.setAttribute("aria-pressed", i === state.context));
    const title = state.event.label + (state.event.keys[0] ? ", " + map.KEYS[state.keys] : "") +
      (state.event.rounded && state.dtype ? ", " + state.dtype : "") + ", at " + report.count(report.contexts[state.context]) + " tokens";
    mapHead.replaceChildren(el("h3", {}, title), figure.buttons(picture, title, mapRows));
    heads.show(state.event, name(), state.context);
    heads.open(state.head);
    legendBox.replaceChildren(map.legend(state.event, name()));
    if (state.head !== null) reading.textContent = words(state.head);
    drawMedians();
    head.show(panel, state.head, view(), actions);
  }

  /* --- the same over context, in the middle head ---------------------------------------------- */
  function drawMedians() {
    plot.clear(medians);
    const rows = (report.doc.summary || []).filter(Boolean), classes = [...new Set(rows.map((r) => r.class || "full"))].filter((c) => c !== "nope");
    const column = state.event.rounded ? map.path(state.event, state.keys) : name();
    for (const cls of state.event.scale === "kind" ? [] : classes) {
      const at = (key, item) => report.contexts.map((m) => {
        const row = rows.find((r) => r.context === m && (r.class || "full") === cls), v = row && row.values && row.values[column];
        const got = v && (item === undefined ? v[key] : v[key] && v[key][item]);
        return typeof got === "number" ? got : null;
      });
      const [median, p10, p90, predicted] = ["median", "p10", "p90", "predicted_median"].map((k) => at(k)), lo = at("bootstrap_ci95", 0), hi = at("bootstrap_ci95", 1);
      if (median.every((v) => v === null)) continue;
      const title = state.event.label + (state.keys ? ", " + map.KEYS[state.keys] : "") + " over context" + (classes.length > 1 ? ", " + cls + " layers" : "");
      const shot = figure.make({ title, wide: true,
        rows: () => [["context", "median", "p10", "p90", "predicted_median", "ci95_low", "ci95_high"], ...report.contexts.map((m, c) => [m, median[c], p10[c], p90[c], predicted[c], lo[c], hi[c]])],
        note: "Median over heads with its 95 % interval over texts, dashed the prediction; the band holds the middle 80 % of heads. It follows the choice above." });
      medians.append(shot.box);
      const half = state.event.scale === "half" || state.event.scale === "unit";
      const log = state.event.scale === "log" && [...median, ...p10].every((v) => v === null || v > 0);
      plot.curve(shot.body, { label: title, xs: report.contexts, log: true, ylog: log, height: 260, x: "context, tokens", y: "",
        xticks: report.contexts, range: half ? [0, 1] : undefined,
        series: [{ label: "90th percentile", values: p90, colour: "blue", hidden: true }, { label: "10th percentile", values: p10, colour: "blue", hidden: true },
          { label: "median head", values: median, colour: "blue", points: true, width: 2 }, { label: "predicted", values: predicted, colour: "orange", dash: [5, 4] }],
        bands: [{ series: [1, 2], fill: () => plot.faded("blue", 0.16) }], draw: [plot.barDrawer(lo, hi, "blue")],
        marks: () => (report.advertised ? [{ x: report.advertised, text: "advertised" }] : []).concat(
          report.trained && report.trained !== report.advertised ? [{ x: report.trained, text: "trained", row: 1 }] : [],
          state.event.scale === "half" ? [{ y: 0.5, text: "0.5 chance", colour: "soft", dash: [2, 3] }] : []) });
    }
  }

  /* --- buttons at the pictures that need no script ---------------------------------------------- */
  function staticRows(box) {
    const summary = (report.doc.summary || []).filter(Boolean);
    if (box.dataset.values) {
      const names = box.dataset.values.split(" ");
      return () => [["context", "class", "what", "median", "p10", "p90", "predicted_median"], ...names.flatMap((what) => summary.map((r) => {
        const v = (r.values && r.values[what]) || {};
        return [r.context, r.class, what, v.median, v.p10, v.p90, v.predicted_median];
      }))];
    }
    if (box.dataset.kinds !== undefined)
      return () => [["context", "class", "kind", "share_of_heads"], ...summary.flatMap((r) => Object.entries(r.kinds || {}).map(([k, v]) => [r.context, r.class, k, v]))];
    if (box.dataset.curve) {
      const c = (report.doc.score_curves || [])[box.dataset.curve];
      return c && (() => [["distance", "score_nats"], ...(c.distance || []).map((d, i) => [d, (c.score || [])[i]])]);
    }
    if (box.dataset.map) {
      const column = box.dataset.map;
      return () => [["layer", "head", ...report.contexts], ...report.heads.layer.map((l, h) => [l, report.heads.head[h],
        ...report.contexts.map((_, c) => { const t = report.text(column, c, h); return t === "–" ? "" : t.replaceAll(",", ""); })])];
    }
    return null;
  }
  for (const box of document.querySelectorAll("[data-values],[data-kinds],[data-curve],[data-map]")) {
    const rows = staticRows(box), heading = box.querySelector("h3,h4,summary");
    if (!rows || !heading || !box.querySelector("svg")) continue;
    const tools = figure.buttons(box, heading.textContent, rows);
    if (heading.tagName === "SUMMARY") heading.after(tools);
    else heading.append(tools);
  }

  /* --- put together ----------------------------------------------------------------------------- */
  const still = [...section.querySelectorAll(":scope > .map")];
  section.append(
    el("div", { class: "live" },
      el("div", { class: "controls" }, eventBox.box, keysBox.box, dtypeBox.box, el("div", {}, el("span", { class: "label" }, "Context"), contexts)),
      mapHead, picture, legendBox, reading, panel, medians),
    el("details", { class: "still" }, el("summary", {}, "Every map at once"), ...still));
  if (location.hash.includes("=")) follow(location.hash);
  draw();
  addEventListener("hashchange", () => {
    if (!location.hash.includes("=")) return;
    follow(location.hash);
    draw();
  });
  document.documentElement.classList.add("scripted");
})();
