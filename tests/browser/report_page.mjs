// report_page.mjs - what the report page must do in a browser; run by check_report_page.py.
// usage: node report_page.mjs FOLDER BROWSER MODULES SCREENSHOTS
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [, , folder, browser, modules, shots] = process.argv;
const require = createRequire(path.join(modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const document_ = (name) => JSON.parse(fs.readFileSync(path.join(folder, name + ".json"), "utf8"));
const address = (name, hash = "") => "file://" + path.join(folder, name + ".html") + hash;

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WAIT = 120000; /* nothing here is timed */
const instance = await chromium.launch({ executablePath: browser, args: FLAGS });

/* A page on which every message, request and dialog is a fault. */
async function open(name, { hash = "", ...options } = {}) {
  const context = await instance.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage(), faults = [];
  page.setDefaultTimeout(WAIT);
  page.on("console", (m) => faults.push("console: " + m.text()));
  page.on("pageerror", (e) => faults.push("error: " + e.message));
  page.on("dialog", (d) => { faults.push("dialog: " + d.message()); d.dismiss(); });
  page.on("request", (r) => {
    if (r.url() !== address(name, "") && !r.url().startsWith("data:") && !r.url().startsWith("blob:file:"))
      if (!r.url().startsWith(address(name, "#"))) faults.push("request: " + r.url());
  });
  await page.goto(address(name, hash));
  page.close_ = async () => {
    assert.deepEqual(faults, [], name);
    await context.close();
  };
  return page;
}

/* Numbers as the page shows them. */
const rate = (v) => {
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size < 1e-4) return v.toExponential(1).replace(".0e", "e").replace(/e-(\d)$/, "e-0$1");
  return size < 1e-3 ? String(Number(v.toPrecision(2))) : size < 0.01 ? v.toFixed(4) : v.toFixed(3);
};
const cellWords = (cell, bare) => {
  if (cell === null || cell === undefined) return "no answer";
  if (typeof cell !== "object") return Math.abs(cell) <= 1 ? rate(cell) : String(Number(cell.toPrecision(3)));
  let words = rate(cell.measured);
  if (cell.ci95 && !bare.plain) words += ` [${rate(cell.ci95[0])}, ${rate(cell.ci95[1])}]`;
  if (typeof cell.predicted === "number" && !bare.sink) words += ", predicted " + rate(cell.predicted);
  return words;
};

const checks = {
  async "without scripts the verdict, pictures and tables stand"() {
    const audit = document_("small"), page = await open("small", { javaScriptEnabled: false });
    const text = (await page.content()).replace(/<script[^]*?<\/script>/g, "");
    const shown = await page.evaluate(() => document.body.innerText).catch(() => "");
    const plain = text.replace(/<[^>]*>/g, " ").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&nbsp;", " ").replaceAll("&amp;", "&");
    for (const s of audit.verdict.sentences) assert.ok(plain.includes(s.text), s.text);
    for (const s of [...audit.limits, ...audit.what_to_do.map((a) => a.text)]) assert.ok(plain.includes(s), s);
    assert.ok(plain.includes(audit.model.name), "the hostile name is not shown as text");
    for (const row of audit.summary)
      for (const [name, v] of Object.entries(row.values))
        if (name !== "energy_nats") assert.ok(plain.includes(rate(v.median)), name);
    assert.ok((text.match(/<svg/g) || []).length > 20, "pictures");
    assert.ok(shown === "" || shown.length > 1000);
    for (const tag of ["<img", "<iframe", "<object", "<embed", "<link", "<form", " on"])
      assert.ok(!new RegExp(tag === " on" ? "<[a-z]+[^<>]* on[a-z]+=" : tag, "i").test(text), tag);
    await page.close_();
  },

  async "every number of every map is the document's"() {
    const audit = document_("small"), page = await open("small");
    const list = (id) => page.$$eval(id + " option", (o) => o.map((x) => x.value));
    const wanted = [];
    for (const event of await list("#c-event")) {
      await page.selectOption("#c-event", event);
      for (const keys of await list("#c-keys"))
        audit.settings.contexts.forEach((context, c) => audit.heads.forEach((head) => {
          const cell = head.contexts && head.contexts[c], value = cell && (keys ? (cell[keys] || {})[event] : cell[event]);
          const plain = keys === "sink" || !["position_inversion", "token_inversion"].includes(event);
          wanted.push([`#show=${keys ? keys + "." : ""}${event}&context=${context}&head=${head.layer}.${head.head}`,
            `layer ${head.layer}, head ${head.head}: ` + (!cell ? "not applicable (layer without RoPE)"
              : typeof value === "string" ? value : cellWords(value, { sink: keys === "sink", plain }))]);
        }));
    }
    const shown = await page.evaluate(async (links) => {
      const out = [];
      for (const link of links) {
        const done = location.hash === link ? null : new Promise((go) => addEventListener("hashchange", go, { once: true }));
        location.hash = link;
        await done;
        out.push([link, document.getElementById("pointed").textContent]);
      }
      return out;
    }, wanted.map((w) => w[0]));
    assert.deepEqual(shown, wanted);
    const n = wanted.length;
    assert.ok(n > 300, String(n));
    await page.close_();
  },

  async "a click, the keys and the link open the same head"() {
    const page = await open("small");
    const cell = page.locator("svg.live rect").nth(5);
    await cell.scrollIntoViewIfNeeded();
    const box = await cell.boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const clicked = await page.textContent("#h-head");
    assert.match(clicked, /^Layer 2, head 1 /);
    assert.match(page.url(), /head=2\.1/);
    await page.getByRole("button", { name: "close" }).click();
    assert.equal(await page.locator("#h-head").count(), 0);
    await page.locator("svg.live").focus();
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown", "Enter"])
      await page.keyboard.press(key);
    assert.equal(await page.textContent("#h-head"), clicked);
    assert.equal(await page.evaluate(() => document.activeElement.id), "h-head");
    const again = await open("small", { hash: new URL(page.url()).hash });
    assert.equal(await again.textContent("#h-head"), clicked);
    await again.close_();
    await page.close_();
  },

  async "the score drawn is the score of the vectors, and every picture gives its data"() {
    const audit = document_("small"), page = await open("small", { hash: "#head=2.1&context=4096" });
    const download = async (locator) => {
      const label = await locator.getAttribute("aria-label");
      const [got] = await Promise.all([page.waitForEvent("download").catch(() => assert.fail("no file: " + label)), locator.click()]);
      await page.waitForTimeout(110); /* Chromium drops what comes faster */
      return { name: got.suggestedFilename(), text: fs.readFileSync(await got.path(), "utf8") };
    };
    const floats = (b) => new Float32Array(new Uint8Array(Buffer.from(b, "base64")).buffer);
    const q = floats(audit.vectors.queries.find((v) => v.layer === 2 && v.head === 1).f32);
    const k = floats(audit.vectors.keys.find((v) => v.layer === 2 && v.stratum === "attended").f32);
    const w = audit.rotations[0].inv_freq, s = audit.settings.score_scale;
    const score = (m) => { /* half pairs; the query stands m positions after the key */
      let sum = 0;
      for (let n = 0; n < 4; n++) {
        const c = Math.cos(m * w[n]), i = Math.sin(m * w[n]);
        const qr = q[n] * c - q[n + 4] * i, qi = q[n] * i + q[n + 4] * c;
        sum += qr * k[n] + qi * k[n + 4];
      }
      return s * sum;
    };
    const csv = await download(page.getByRole("button", { name: "data of Score over distance, as CSV" }));
    const rows = csv.text.trim().split("\r\n").slice(1).map((r) => r.split(","));
    assert.equal(rows.length, 512, "the window of the sliding layer");
    for (const [m, got, half] of rows) {
      assert.ok(Math.abs(Number(got) - score(Number(m))) < 1e-9 * (1 + Math.abs(score(Number(m)))), m);
      assert.equal(half, m < 256 ? "near" : "far");
    }
    let pictures = 0;
    for (const button of await page.getByRole("button", { name: /^data of/ }).all()) {
      if (!(await button.isVisible())) continue;
      const { name, text } = await download(button);
      assert.match(name, /\.csv$/);
      assert.ok(text.trim().split("\r\n").length > 1, name);
      pictures++;
    }
    assert.ok(pictures >= 12, String(pictures));
    for (const button of await page.getByRole("button", { name: /^picture of/ }).all()) {
      if (!(await button.isVisible())) continue;
      const { name, text } = await download(button);
      if (name.endsWith(".svg")) {
        assert.ok(text.startsWith("<svg") && text.includes('xmlns="http://www.w3.org/2000/svg"') && !text.includes("var("), name);
        assert.ok(!/href="(?!#)/.test(text), name);
      } else {
        assert.ok(name.endsWith(".png") && text.slice(1, 4) === "PNG", name);
      }
    }
    await page.close_();
  },

  async "what a file says appears as text"() {
    const page = await open("hostile", { hash: "#head=0.0" });
    const found = await page.evaluate(() => ({
      alien: document.querySelectorAll("img,iframe,object,embed,link,form").length,
      scripts: document.scripts.length,
      marks: /[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText),
      longest: Math.max(...[...document.querySelectorAll("body :not(script)")].map((e) => (e.childElementCount ? 0 : e.textContent.length))),
      wide: document.documentElement.scrollWidth - innerWidth,
      title: document.querySelector("h1").textContent.slice(0, 28),
    }));
    assert.equal(found.alien, 0);
    assert.equal(found.scripts, 2);
    assert.equal(found.marks, false);
    assert.ok(found.longest < 5000, String(found.longest));
    assert.ok(found.wide <= 0, "wider than the window by " + found.wide);
    assert.equal(found.title, "<img src=x onerror=alert(1)>");
    await page.close_();
  },

  async "5,000 heads stay responsive: a change lays out a few times and builds little, whatever their number"() {
    const page = await open("k5000"), cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    const metrics = async () => Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value]));
    const change = (what) => page.evaluate(async ([event, hash]) => {
      if (event) {
        const list = document.getElementById("c-event");
        list.value = event;
        list.dispatchEvent(new Event("change"));
      } else {
        const changed = new Promise((done) => addEventListener("hashchange", done, { once: true }));
        location.hash = hash;
        await changed;
      }
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }, what);
    for (const what of [["kind"], ["token_inversion"], ["position_aliasing"], ["position_inversion"],
      ["", "#show=attended.position_inversion&context=131072&head=20.30"]]) {
      const before = await metrics();
      await change(what);
      const after = await metrics(), of = (key) => after[key] - before[key];
      console.log(`  5,000 heads, ${what.join("")}: ${of("LayoutCount")} layouts, ${of("Nodes")} nodes, ${(1000 * of("TaskDuration")).toFixed(0)} ms (not judged)`);
      assert.ok(of("LayoutCount") < 50 && of("RecalcStyleCount") < 50 && of("Nodes") < 2500, what.join(""));
    }
    await page.close_();
  },

  async "axe finds nothing, in both themes and at the narrowest"() {
    for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 320]]) {
      const page = await open("small", { hash: "#head=0.0&context=2048", colorScheme, viewport: { width, height: 800 } });
      for (const details of await page.$$("details:not([open]) > summary")) await details.evaluate((s) => { s.parentNode.open = true; });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(violations.map((v) => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary.replace(/\s+/g, " ").slice(0, 200)).join("; ")), [], colorScheme + width);
      await page.close_();
    }
  },

  async "a comparison is as clean as a report"() {
    const page = await open("compared");
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join("; ")), []);
    assert.equal(await page.locator("svg.heat rect.moved").count(), 1);
    await page.close_();
  },

  async "it prints on A4"() {
    const page = await open("small", { hash: "#head=0.0&context=2048", colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.waitForFunction(() => { /* the curves are drawn again when the media change has come through */
      const canvas = document.querySelector(".uplot canvas"), copy = new OffscreenCanvas(canvas.width, canvas.height);
      const ink = copy.getContext("2d", { willReadFrequently: true }); /* reading the page's own again and again is complained of */
      ink.drawImage(canvas, 0, 0);
      const dots = ink.getImageData(0, 0, copy.width, copy.height).data;
      for (let i = 0; i < dots.length; i += 4) /* the blue of the light theme */
        if (dots[i + 3] > 250 && Math.hypot(dots[i] - 31, dots[i + 1] - 95, dots[i + 2] - 158) < 6) return true;
      return false;
    });
    const paper = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return { ground: style.backgroundColor, ink: style.color,
        hidden: [...document.querySelectorAll(".shot svg *")].filter((e) => getComputedStyle(e).display === "none").length };
    });
    assert.deepEqual(paper, { ground: "rgb(255, 255, 255)", ink: "rgb(28, 30, 33)", hidden: 0 });
    const pdf = await page.pdf({ format: "A4", path: path.join(shots, "print.pdf") });
    assert.ok(pdf.subarray(0, 5).toString() === "%PDF-" && (pdf.toString("latin1").match(/\/Type \/Page\b/g) || []).length >= 3);
    await page.close_();
  },

  async "screenshots at three widths in both themes"() {
    const name = fs.existsSync(path.join(folder, "real.json")) ? "real" : "small";
    const hash = name === "real" ? "#context=16384&head=18.8" : "#head=0.0&context=2048";
    for (const width of [320, 1280, 2560])
      for (const colorScheme of ["light", "dark"]) {
        const page = await open(name, { hash, colorScheme, viewport: { width, height: 900 } });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${width} ${colorScheme}: ${over} too wide`);
        await page.screenshot({ path: path.join(shots, `report-${width}-${colorScheme}.png`), fullPage: true });
        if (width === 1280 && colorScheme === "light") { /* what README and docs show */
          await page.evaluate(() => scrollTo(0, 0));
          const limits = await page.locator("#limits").boundingBox();
          await page.screenshot({ path: path.join(shots, "verdict.png"), fullPage: true,
            clip: { x: 60, y: 0, width: 1160, height: limits.y + limits.height + 20 } });
          await page.locator("div.live").screenshot({ path: path.join(shots, "head.png") });
        }
        await page.close_();
      }
  },
};

let bad = 0;
const only = process.env.ONLY;
for (const [name, run] of Object.entries(checks)) {
  if (only && !name.includes(only)) continue;
  try {
    const from = Date.now();
    await run();
    console.log(`ok ${name} (${Date.now() - from} ms)`);
  } catch (e) {
    bad++;
    console.log(`FAILED ${name}\n${e.stack || e}`);
  }
}
await instance.close();
process.exit(bad ? 1 : 0);
