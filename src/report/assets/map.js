/* map.js - what can be shown of a head, and the map of all heads that shows it. */
const map = (() => {
  "use strict";
  const { el } = figure;
  const POSITION = ["attended", "random", "sink"], TWIN = ["attended_random", "random_random"];
  /* id, words, kinds of keys, scale; scale "half" has its chance level, 0.5, in the middle. */
  const EVENTS = [
    ["position_inversion", "Position inversion", POSITION, "half"],
    ["position_inversion_local", "Position inversion, first 128 against the far half", POSITION, "half"],
    ["position_inversion_beyond", "Position inversion, (M,2M] against (2M,3M]", POSITION, "half"],
    ["position_aliasing", "Position aliasing", POSITION, "log", "rounded"],
    ["near_aliasing", "Near aliasing", POSITION, "log"],
    ["positional_insensitivity", "Positional insensitivity", POSITION, "unit"],
    ["token_inversion", "Token inversion", TWIN, "half"],
    ["token_aliasing", "Token aliasing", TWIN, "log", "rounded"],
    ["attention_invariance", "Attention invariance", TWIN, "log", "rounded"],
    ["cross_aliasing", "Cross aliasing", TWIN, "log", "rounded"],
    ["kind", "Kind of head", [""], "kind"],
    ["preference", "Strength of preference E|2p−1|", [""], "unit"],
    ["token_flip", "Token flip 2r(1−r)", [""], "auto"],
    ["energy_nats", "Positional energy, nats", [""], "auto"],
  ].map(([id, label, keys, scale, rounded]) => ({ id, label, keys, scale, rounded: !!rounded }));
  const KEYS = { attended: "attended keys", random: "random keys", sink: "the first token",
    attended_random: "attended against random", random_random: "two random keys", "": "random keys" };
  const dtypes = [].concat((report.doc.settings && report.doc.settings.dtype) || []).map(String);

  /* The name of a column: the first working type goes without saying. */
  const path = (event, keys, dtype) =>
    (keys ? keys + "." : "") + event.id + (event.rounded && dtype && dtype !== dtypes[0] ? "_" + dtype : "");
  const eventOf = (id) => EVENTS.find((e) => e.id === id);
  const keysOf = (event) => event.keys.filter((k) => report.has(path(event, k)));
  const events = EVENTS.filter((e) => keysOf(e).length);

  const KINDS = ["local", "mixed", "blind", "chaotic", "anti-local"];
  const LETTERS = ["l", "m", "b", "c", "a"];

  /* The largest value of a column over all contexts, rounded up: one scale for all of them. */
  const tops = new Map();
  function top(name, scale) {
    if (scale === "half" || scale === "unit") return 1;
    if (tops.has(name)) return tops.get(name);
    let most = 0;
    for (let c = 0; c < report.nContext; c++)
      for (let h = 0; h < report.nHead; h++) most = Math.max(most, report.value(name, c, h) || 0);
    const unit = most > 0 ? 10 ** Math.floor(Math.log10(most)) : 1;
    const out = most > 0 ? (scale === "log" ? (most > unit * 1.000001 ? 10 * unit : unit)
      : Math.ceil(most / unit - 1e-9) * unit) : 1;
    tops.set(name, out);
    return out;
  }

  function shade(event, name, context, head) {
    if (report.heads.class[head] === "nope") return "nope";
    if (event.scale === "kind") {
      const k = KINDS.indexOf(report.text(name, context, head));
      return k < 0 ? "none" : "k" + k;
    }
    const v = report.value(name, context, head), most = top(name, event.scale);
    if (Number.isNaN(v)) return "none";
    const part = event.scale === "log" ? (v > 0 ? 1 + Math.log10(v / most) / 4 : 0) : v / most;
    const last = event.scale === "half" ? 16 : 12;
    return (last === 16 ? "d" : "q") + Math.round(Math.min(1, Math.max(0, part)) * last);
  }

  /* "0.241 [0.221, 0.261], predicted 0.251" */
  function words(name, context, head) {
    if (report.heads.class[head] === "nope") return "not applicable (layer without RoPE)";
    const t = (suffix) => report.text(name + suffix, context, head);
    let out = t("");
    if (out === "–") return "no answer";
    if (t("|lo") !== "–" && t("|hi") !== "–") out += " [" + t("|lo") + ", " + t("|hi") + "]";
    if (t("|predicted") !== "–") out += ", predicted " + t("|predicted");
    return out;
  }

  function legend(event, name) {
    const box = el("p", { class: "legend" });
    const key = (cls, text, letter) => el("span", { class: "key" },
      el("svg:svg", { viewBox: "0 0 14 14", "aria-hidden": "true" },
        el("svg:rect", { class: cls, width: 14, height: 14 }),
        letter ? el("svg:text", { class: "letter kl" + cls.slice(1), x: 7, y: 10.5 }, letter) : null), text);
    if (event.scale === "kind") {
      KINDS.forEach((k, i) => box.append(key("k" + i, k, LETTERS[i])));
    } else {
      const n = event.scale === "half" ? 17 : 13, most = top(name, event.scale), step = 240 / n;
      const ramp = el("svg:svg", { class: "ramp", viewBox: "-16 -4 272 34", role: "img", "aria-label": "Colour scale" });
      for (let i = 0; i < n; i++)
        ramp.append(el("svg:rect", { class: (n === 17 ? "d" : "q") + i, x: (i * step).toFixed(2), width: (step + 0.3).toFixed(2), height: 12 }));
      for (let i = 0; i <= 4; i++)
        ramp.append(el("svg:text", { class: "tick", "text-anchor": "middle", x: 60 * i, y: 25 },
          (event.scale === "log" && !i ? "≤" : "") + Number((event.scale === "log" ? most * 10 ** (i - 4) : (most * i) / 4).toPrecision(3))));
      if (event.scale === "half") ramp.append(el("svg:path", { class: "neutral", d: "M120 -3v18" }));
      box.append(ramp);
      if (event.scale === "half")
        box.append(el("span", { class: "key" }, event.id.startsWith("position")
          ? "0.5: chance, no preference; 0: near always wins; 1: far always wins"
          : "0.5: chance, the order is lost; 0: the order is kept"));
      if (event.scale === "log") box.append(el("span", { class: "key" }, "logarithmic"));
    }
    if (report.heads.class.includes("nope")) box.append(key("nope", "layer without RoPE"));
    return box;
  }

  /* The map itself. `choose(head)` is called when a head is opened, `point(head)` when pointed at. */
  function make(choose, point) {
    const layers = [...new Set(report.heads.layer)], column = new Map(layers.map((l, i) => [l, i]));
    const rows = Math.max(0, ...report.heads.head) + 1;
    const size = Math.min(26, Math.max(7, Math.floor(900 / Math.max(layers.length, rows, 1))));
    const X0 = 34, width = X0 + size * layers.length + 6, height = size * rows + 36;
    const svg = el("svg:svg", { class: "heat live", viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: "application",
      "aria-label": "Map of all heads, layers from left to right, heads from top to bottom. Arrow keys move, Enter opens a head.",
      "aria-describedby": "pointed", width });
    const cells = report.heads.layer.map((layer, h) => el("svg:rect", { x: X0 + size * column.get(layer),
      y: size * report.heads.head[h], width: size, height: size }));
    svg.append(...cells);
    const letters = el("svg:g", { "aria-hidden": "true" });
    svg.append(letters);
    const every = Math.ceil(24 / size), down = Math.ceil(15 / size);
    layers.forEach((l, i) => i % every === 0 && svg.append(el("svg:text", { class: "tick", "text-anchor": "middle",
      x: X0 + size * (i + 0.5), y: size * rows + 15 }, String(l))));
    for (let i = 0; i < rows; i += down)
      svg.append(el("svg:text", { class: "tick", "text-anchor": "end", x: X0 - 5, y: size * (i + 0.5) + 4 }, String(i)));
    svg.append(el("svg:text", { class: "unit", "text-anchor": "middle", x: X0 + (size * layers.length) / 2, y: height - 5 }, "layer"),
      el("svg:text", { class: "unit", "text-anchor": "middle", transform: `translate(9 ${(size * rows) / 2}) rotate(-90)` }, "head"));
    report.heads.class.forEach((c, h) => c === "sliding" && report.heads.head[h] === 0 && svg.append(
      el("svg:path", { class: "slidingbar", d: `M${X0 + size * column.get(report.heads.layer[h]) + 1} ${size * rows + 2}h${size - 2}` })));
    const opened = el("svg:rect", { class: "opened", width: size, height: size, visibility: "hidden" });
    const cursor = el("svg:rect", { class: "cursor", width: size, height: size, visibility: "hidden" });
    svg.append(opened, cursor);

    let at = 0;
    const place = (frame, h) => {
      frame.setAttribute("visibility", h === null ? "hidden" : "visible");
      if (h === null) return;
      frame.setAttribute("x", cells[h].getAttribute("x"));
      frame.setAttribute("y", cells[h].getAttribute("y"));
    };
    const go = (h) => {
      at = h;
      place(cursor, h);
      point(h);
    };
    const under = (e) => {
      const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const layer = layers[Math.floor((p.x - X0) / size)], h = report.headOf.get(layer + "." + Math.floor(p.y / size));
      return h === undefined ? null : h;
    };
    svg.addEventListener("pointermove", (e) => {
      const h = under(e);
      if (h !== null && h !== at) go(h);
    });
    svg.addEventListener("click", (e) => {
      const h = under(e);
      if (h !== null) {
        go(h);
        choose(h);
      }
    });
    svg.addEventListener("focus", () => go(at));
    const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    svg.addEventListener("keydown", (e) => {
      if (e.key === "Enter" || e.key === " ") {
        choose(at);
      } else if (STEP[e.key]) {
        const c = column.get(report.heads.layer[at]) + STEP[e.key][0];
        const h = report.headOf.get(layers[c] + "." + (report.heads.head[at] + STEP[e.key][1]));
        if (h !== undefined) go(h);
      } else {
        return;
      }
      e.preventDefault();
    });

    function show(event, name, context) {
      cells.forEach((cell, h) => cell.setAttribute("class", shade(event, name, context, h)));
      letters.replaceChildren();
      if (event.scale === "kind" && size >= 12)
        cells.forEach((cell, h) => {
          const k = KINDS.indexOf(report.text(name, context, h));
          if (k >= 0) letters.append(el("svg:text", { class: "letter kl" + k, x: Number(cell.getAttribute("x")) + size / 2,
            y: Number(cell.getAttribute("y")) + size / 2 + 3.5 }, LETTERS[k]));
        });
    }
    return { svg, show, open: (h) => { place(opened, h); if (h !== null) at = h; } };
  }

  return { events, eventOf, keysOf, path, words, legend, make, KEYS, dtypes };
})();
