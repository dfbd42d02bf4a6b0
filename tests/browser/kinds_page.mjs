// kinds_page.mjs - what pages of every kind of document must do in a browser; run by check_kinds_page.py.
// usage: node kinds_page.mjs FOLDER BROWSER MODULES SCREENSHOTS
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { launch, run } from "./page.mjs";

const [, , folder, browser, modules, shots] = process.argv;
const { open: openFile, accessible, download, close } = await launch(browser, modules, 120000);
const open = (name, options) => openFile(path.join(folder, name + ".html"), options);
const read = (name) => JSON.parse(fs.readFileSync(path.join(folder, name + ".json"), "utf8"));
const KINDS = ["bench", "compare", "diff", "inspect", "league", "lint", "sweep", "task", "theory"];
const WIDTHS = [320, 768, 1440];

const near = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
const close_ = (got, wanted, what) => {
  assert.equal(got.length, wanted.length, `${what}: ${got.length} values, not ${wanted.length}`);
  got.forEach((v, i) => assert.ok(v === wanted[i] || near(v, wanted[i]), `${what}[${i}]: ${v} is not ${wanted[i]}`));
};
const cells = (line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => (m[1] === undefined ? m[2] : m[1].replaceAll('""', '"')));
/* The rows that "data" of a picture saves, as {series: [[x, y, lo, hi], ...]}. */
async function series(page, title, nth = 0) {
  const button = page.getByRole("button", { name: "data of " + title + ", as CSV", exact: true }).nth(nth);
  const rows = (await download(page, button)).text.trim().split("\r\n").slice(1).map(cells);
  const out = {};
  for (const r of rows) (out[r[0]] = out[r[0]] || []).push(r.slice(1).map((v) => (v === "" ? null : Number(v))));
  return out;
}
const column = (rows, k) => rows.map((r) => r[k]);

const checks = {
  async "curves over the base are the sweep's, alone and beside an audit"() {
    const doc = read("sweep");
    for (const name of ["sweep", "beside"]) {
      const page = await open(name);
      for (const [i, curve] of doc.tradeoff.entries()) {
        const title = "Context " + (curve.context % 1024 ? curve.context : curve.context / 1024 + "K");
        const got = await series(page, title);
        for (const [label, key] of [["position failure", "position_failure"], ["token inversion", "token"],
          ["position failure, predicted", "position_failure_predicted"], ["token inversion, predicted", "token_predicted"]]) {
          close_(column(got[label], 0), curve.points.map((p) => p.rope_theta), label);
          close_(column(got[label], 1), curve.points.map((p) => p[key]), `${label} ${i}`);
        }
      }
      const marks = await page.$$eval("path.mark[data-label]", (m) => m.map((p) => [p.dataset.label, Number(p.dataset.at)]));
      if (name === "beside") {
        const own = read("audit").rotations[0].rope_theta;
        assert.ok(marks.some(([label, at]) => label.startsWith("this model") && at === own), JSON.stringify(marks));
        assert.match(await page.textContent("main"), /The audited model has base 10,000: there position failure is/);
      }
      await page.close_();
    }
  },

  async "the pointer is told the values of a curve"() {
    const page = await open("sweep"), doc = read("sweep").tradeoff[0];
    const over = page.locator(".plotted .u-over").first();
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    const told = await page.locator(".plotted .u-legend").first().innerText();
    const last = doc.points[doc.points.length - 1];
    for (const v of [last.position_failure, last.token]) {
      const shown = v === 0 ? "0" : v < 0.01 ? v.toFixed(4) : v.toFixed(3);
      assert.ok(told.includes(shown), `${shown} is not told: ${told}`);
    }
    await page.close_();
  },

  async "a task's pictures are its conditions"() {
    const doc = read("task"), all = doc.results.kth.conditions;
    const direct = all.filter((c) => c.gap === null && c.depth === null && c.strategy === "direct");
    for (const name of ["task", "beside"]) {
      const page = await open(name);
      for (const [title, label, key] of [["Accuracy over length", "direct", "acc"], ["Accuracy over length", "written, word for word", "exact_match"],
        ["Margin over length", "direct", "margin"]]) {
        const got = (await series(page, title))[label];
        close_(column(got, 0), direct.map((c) => c.n_token), title);
        close_(column(got, 1), direct.map((c) => c[key]), title);
        close_(column(got, 2), direct.map((c) => c[key + "_ci95"][0]), title);
        close_(column(got, 3), direct.map((c) => c[key + "_ci95"][1]), title);
      }
      const gaps = await series(page, "Accuracy over the gap");
      for (const [label, cell] of [["distance only", "distance"], ["dilution only", "dilution"], ["both", "both"]]) {
        const wanted = all.filter((c) => c.gap !== null && (c.cell === cell || c.cell === "near")).sort((a, b) => a.gap - b.gap);
        close_(gaps[label].flatMap((r) => r.slice(0, 2)), wanted.flatMap((c) => [c.gap, c.acc]), label);
      }
      const longest = direct[direct.length - 1];
      const place = (await series(page, "Accuracy over the item’s place, list of 1,024"))["right"];
      close_(column(place, 1), longest.by_place.map((p) => p.acc), "place");
      /* the needle map: tooltips, colours and data */
      const asked = all.filter((c) => c.gap === null && c.depth !== null);
      const button = page.getByRole("button", { name: "data of Accuracy over length and depth, as CSV" });
      const rows = (await download(page, button)).text.trim().split("\r\n").slice(1).map((r) => r.split(",").map(Number));
      assert.deepEqual(rows.map(String).sort(), asked.map((c) => String([c.n_item, c.depth, c.acc])).sort());
      const fields = await page.$$eval("svg.heat g[data-row]", (g) => g.map((e) => [e.querySelector("title").textContent, e.querySelector("rect").getAttribute("class")]));
      for (const c of asked) {
        const shown = c.acc < 0.01 ? c.acc.toFixed(4) : c.acc.toFixed(3);
        const words = `${c.n_item === 1024 ? "1,024" : c.n_item} items, depth ${c.depth}: ${shown}`;
        const cell = fields.find(([title]) => title === words);
        assert.ok(cell, words);
        assert.equal(cell[1], "q" + Math.round(c.acc * 12), words);
      }
      if (name === "beside") { /* the same axis of lengths, and the audit's medians on it */
        const audit = read("audit"), contexts = audit.settings.contexts;
        const got = await series(page, "The audit on the same axis");
        const row = (m) => audit.summary.find((s) => s.context === m && s.class === "full");
        close_(column(got["position inversion"], 0), contexts, "contexts");
        close_(column(got["position inversion"], 1), contexts.map((m) => row(m).values["attended.position_inversion"].median), "events");
        const axes = await page.$$eval("figure.plot", (f) => f.filter((e) => /^(Accuracy over length|The audit on)/.test(e.querySelector("h3,h4").textContent))
          .map((e) => e.querySelector("metadata").dataset.x));
        assert.equal(axes.length, 2);
        assert.equal(axes[0], axes[1]);
      }
      await page.close_();
    }
  },

  async "engines and number formats are drawn as the documents have them"() {
    const diff = read("diff"), page = await open("diff");
    const group = diff.rotations.filter((r) => String(r.layers) === String(diff.rotations[0].layers));
    const pairs = await series(page, "Frequencies, pair by pair"), phases = await series(page, "Phases over position");
    for (const r of group) {
      const label = r.b.label, error = r.max_relative_frequency_error;
      if (error > 0) assert.ok(near(Math.max(...column(pairs[label], 1)) / error, 1), label);
      else assert.equal(pairs[label], undefined, label);
      const positions = Object.keys(r.phase_error_rad).map(Number);
      if (error > 0) close_(column(phases[label], 1), positions.map((p) => r.phase_error_rad[p]), label);
    }
    await page.close_();
    const doc = read("inspect"), other = await open("inspect");
    for (const [title, kind] of [["Error of the angle", "angle_rad"], ["Error of cached cosines and sines", "cos_sin"]]) {
      const got = await series(other, title);
      for (const p of doc.precision.filter((q) => q.rotation === 0 && q.error_of === kind && q.contexts.some((c) => c.error > 0)))
        close_(column(got[p.profile], 1), p.contexts.map((c) => (c.error > 0 ? c.error : null)), p.profile);
    }
    await other.close_();
  },

  async "models stand side by side as they judge themselves"() {
    const page = await open("beside"), audits = [read("audit"), read("other")];
    const rows = await page.$$eval("#models table:not(.u-legend) tbody tr", (r) => r.map((e) => [...e.cells].map((c) => c.textContent)));
    assert.deepEqual(rows.map((r) => r[0]), audits.map((a) => a.model.name));
    for (const [title, value] of [["How surely near is told from far", "preference"], ["How often distance swaps two keys", "token_flip"]]) {
      const got = await series(page, title), lines = Object.values(got);
      assert.equal(lines.length, audits.length, title);
      lines.forEach((line, i) => close_(column(line, 1), audits[i].settings.contexts.map((m) =>
        audits[i].summary.find((s) => s.context === m && s.class === "full").values[value].median), title));
    }
    await page.close_();
  },

  async "the frontier is the document's"() {
    const doc = read("theory"), page = await open("theory"), got = await series(page, "The greatest step a head can answer");
    for (const [label, order] of [["near before far", "position"], ["two keys in order", "token"], ["both", "both"]]) {
      const points = doc.frontiers[0].curves.find((c) => c.order === order).points.toSorted((a, b) => a.p - b.p);
      close_(column(got[label], 0), points.map((p) => p.p), label);
      close_(column(got[label], 1), points.map((p) => p.bound), label);
    }
    await page.close_();
  },

  async "the pictures of a page without scripts stand"() {
    for (const kind of ["diff", "inspect", "sweep", "task"]) {
      const page = await open(kind, { javaScriptEnabled: false });
      const hidden = await page.locator("svg.chart").first().boundingBox();
      assert.ok(hidden && hidden.width > 200, kind);
      await page.close_();
    }
  },

  async "what a document says appears as text"() {
    for (const name of [...KINDS, "beside"]) {
      const page = await open("worst_" + name, { viewport: { width: 320, height: 900 } });
      const found = await page.evaluate(() => ({
        alien: document.querySelectorAll("img,iframe,object,embed,link,form").length,
        scripts: [...document.scripts].filter((s) => s.type !== "application/json").length,
        marks: /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText),
        longest: Math.max(...[...document.querySelectorAll("body :not(script)")].map((e) => (e.childElementCount ? 0 : e.textContent.length))),
        wide: document.documentElement.scrollWidth - innerWidth,
        shown: document.body.textContent.includes("<img src=x onerror=alert(1)>"),
      }));
      assert.equal(found.alien, 0, name);
      assert.equal(found.scripts, 1, name);
      assert.equal(found.marks, false, name);
      assert.ok(found.longest < 5000, name + " " + found.longest);
      assert.ok(found.wide <= 0, name + " is wider than the window by " + found.wide);
      assert.ok(found.shown || name === "bench", name);
      await page.close_();
    }
  },

  async "strange numbers break no page"() {
    for (const file of fs.readdirSync(folder).filter((f) => /^strange_.*html$/.test(f))) {
      const page = await open(file.slice(0, -5));
      const odd = await page.evaluate(() => (document.body.innerHTML.replace(/<script[^]*?<\/script>/g, "").match(/\b(NaN|Infinity|-?inf|nan)\b/g) || []).slice(0, 3));
      assert.deepEqual(odd, [], file);
      await page.close_();
    }
  },

  async "axe finds nothing"() {
    for (const name of [...KINDS, "beside"])
      for (const [colorScheme, width] of [["light", 1280], ["dark", 320]]) {
        const page = await open(name, { colorScheme, viewport: { width, height: 800 } });
        for (const details of await page.$$("details:not([open]) > summary")) await details.evaluate((s) => { s.parentNode.open = true; });
        await accessible(page, name + " " + colorScheme + width);
        await page.close_();
      }
  },

  async "screenshots at three widths in both themes"() {
    for (const name of [...KINDS, "beside"])
      for (const colorScheme of ["light", "dark"]) {
        const page = await open(name, { colorScheme, viewport: { width: WIDTHS[0], height: 900 } });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          await page.waitForFunction(() => [...document.querySelectorAll(".uplot")].every((u) => /* curves follow their boxes */
            Math.abs(u.querySelector(".u-wrap").clientWidth - Math.max(240, u.parentNode.clientWidth)) < 2));
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(over <= 0, `${name} ${width} ${colorScheme}: ${over} too wide`);
          await page.screenshot({ path: path.join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        }
        await page.close_();
      }
  },
};

const code = await run(checks);
await close();
process.exit(code);
