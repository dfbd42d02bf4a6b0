/* figure.js - a picture with its heading, its words, and its two buttons: data and picture. */
const figure = (() => {
  "use strict";
  /* An element from a tag, its attributes and its children; strings become text, never markup. */
  function el(tag, attributes, ...children) {
    const node = tag.startsWith("svg:")
      ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
      : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {}))
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false)
        node.setAttribute(name, value === true ? "" : value);
    node.append(...children.filter((c) => c !== null && c !== undefined));
    return node;
  }

  function save(name, type, content) {
    const url = URL.createObjectURL(new Blob([content], { type }));
    el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /* After what the page is about: "ropewalk audit: NAME" is its title. */
  const fileName = (title) => {
    const about = document.title.replace(/^ropewalk[^:]*: /, "");
    return (about.slice(0, 40) + " " + title).replace(/[^A-Za-z0-9.]+/g, "-").replace(/^[-.]+|-$/g, "").slice(0, 80);
  };

  /* Rows of strings and numbers, the first the heading. A cell that a spreadsheet would run is
   * made text. */
  function csv(rows) {
    const cell = (v) => {
      let text = v === null || v === undefined || Number.isNaN(v) ? "" : String(v);
      if (typeof v === "string" && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)))
        text = "'" + text;
      return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
    };
    return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
  }

  const COPIED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size",
    "font-family", "font-weight", "paint-order", "stroke-linejoin"];
  /* An SVG that stands without this page's style. */
  function standalone(svg) {
    const copy = svg.cloneNode(true), box = svg.viewBox.baseVal;
    const from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
    from.forEach((node, i) => {
      const style = getComputedStyle(node);
      for (const name of COPIED) to[i].style.setProperty(name, style.getPropertyValue(name));
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    copy.style.background = getComputedStyle(document.documentElement).getPropertyValue("--paper");
    return new XMLSerializer().serializeToString(copy);
  }

  function savePicture(body, title) {
    const canvas = body.querySelector("canvas"), svg = body.querySelector("svg");
    if (!canvas && svg) return save(fileName(title) + ".svg", "image/svg+xml", standalone(svg));
    if (!canvas) return undefined;
    const out = document.createElement("canvas");
    out.width = canvas.width;
    out.height = canvas.height;
    const ink = out.getContext("2d");
    ink.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--paper");
    ink.fillRect(0, 0, out.width, out.height);
    ink.drawImage(canvas, 0, 0);
    return out.toBlob((blob) => save(fileName(title) + ".png", "image/png", blob));
  }

  /* The two buttons of a picture. `rows` is called when its data is wanted. */
  function buttons(body, title, rows) {
    return el("span", { class: "tools" },
      el("button", { type: "button", "aria-label": "data of " + title + ", as CSV",
        onclick: () => save(fileName(title) + ".csv", "text/csv", csv(rows())) }, "data"),
      el("button", { type: "button", "aria-label": "picture of " + title,
        onclick: () => savePicture(body, title) }, "picture"));
  }

  /* A picture: heading and buttons, the body that `draw` fills, and a sentence on what is seen. */
  function make({ title, note, rows, wide }) {
    const body = el("div", { class: "pic" });
    const box = el("figure", { class: wide ? "shot wide" : "shot" },
      el("div", { class: "shothead" }, el("h" + figure.level, { class: "sub" }, title), rows ? buttons(body, title, rows) : null),
      body, el("figcaption", {}, note || ""));
    return { box, body, caption: box.lastChild };
  }

  return { el, make, buttons, csv, save, fileName, standalone, level: 4 /* of the headings of pictures */ };
})();
