// explore_page.mjs - what the page of `explore` must do in a browser; run by check_explore_page.py.
// usage: node explore_page.mjs FOLDER PROGRAM BROWSER MODULES SCREENSHOTS
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { launch, run } from "./page.mjs";

const [, , folder, program, browser, modules, shots] = process.argv;
const WAIT = 120000; /* nothing here is timed */
const chromium = await launch(browser, modules, WAIT);
const file = path.join(folder, "explore.html");

const counted = (page) => page.waitForFunction(() => document.documentElement.dataset.counting === "no" && !document.querySelector(".stale"));
const answered = (page) => page.waitForFunction(() => document.documentElement.dataset.counting && !document.querySelector(".glance.stale"));
async function open(options) {
  const page = await chromium.open(file, options);
  if (options?.javaScriptEnabled !== false) await counted(page);
  return page;
}
/* Set a dial's box, as a person does; counting has begun when the change has arrived. */
async function dial(page, id, value) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  const box = page.locator("#" + id);
  if (await box.evaluate((b) => b.tagName === "SELECT")) await box.selectOption(String(value));
  else {
    await box.fill(String(value));
    await box.press("Tab");
  }
  await answered(page);
}
const shown = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll("tr[data-event]")].map((r) => [r.dataset.event,
  { count: Number(r.dataset.count), total: Number(r.dataset.total), predicted: r.dataset.predicted === "null" ? null : Number(r.dataset.predicted), text: r.innerText }])));

/* The command that the page names, run: its counts and predictions are those that the page shows. */
async function sameAsCommand(page) {
  const words = (await page.textContent("#command")).split(" ");
  assert.equal(words.shift(), "ropewalk");
  const document = JSON.parse(execFileSync(program, [...words, "--json", "-", "-q"], { encoding: "utf8", maxBuffer: 1 << 26 }));
  const score = document.tables[0].contexts[0].scores[0], want = { ...score.values, ...score.dtypes[0].values }, got = await shown(page);
  for (const event of ["position_inversion", "position_aliasing", "token_inversion", "token_aliasing"]) {
    const w = want[event], g = got[event];
    assert.equal(g.count, w.count, event + " of " + words.join(" "));
    assert.equal(g.total, w.total, event);
    if (w.value === null || w.value === undefined) assert.equal(g.predicted, null, event);
    else assert.ok(Math.abs(g.predicted - w.value) <= 1e-11 * Math.max(1e-3, Math.abs(w.value)), `${event}: predicted ${g.predicted}, not ${w.value}`);
    assert.ok(g.text.includes(w.count.toLocaleString("en-US")), g.text);
  }
  return words.join(" ");
}

const code = await run({
  async "without scripts the words stand"() {
    const page = await open({ javaScriptEnabled: false });
    const text = (await page.content()).replace(/<script[^]*?<\/script>/g, "");
    for (const s of ["position inversion", "position aliasing", "token inversion", "token aliasing", "What this page does not say", "2605.15514", "2609.39929", "needs its script"])
      assert.ok(text.includes(s), s);
    assert.ok(!/<(img|iframe|object|embed|link|form)|<[a-z]+[^<>]* on[a-z]+=|<[a-z]+[^<>]* style=/i.test(text));
    await page.close_();
  },

  async "what is counted here is what the command line counts"() {
    const page = await open(), commands = [await sameAsCommand(page)];
    for (const [id, value] of [["base", 500000], ["context", 4097], ["dtype", "f16"], ["vectors", "gaussian"], ["seed", 7], ["head_dim", 64], ["scaling", "llama3"],
      ["factor", 4], ["original", 1024], ["scaling", "yarn"], ["dtype", "e4m3"], ["scaling", "ntk"], ["scaling", "linear"], ["vectors", "fast-heavy"], ["dtype", "f32"], ["context", 2]]) {
      await dial(page, id, value);
      commands.push(await sameAsCommand(page));
    }
    assert.equal(new Set(commands).size, commands.length, "every dial changes the command");
    await page.close_();
  },

  async "what is drawn of rounding is what is counted"() {
    const page = await open({ hash: "#context=3000&base=10000&vectors=gaussian" });
    const both = await page.evaluate(async () => {
      const core = await ropewalkCore(), shape = { head_dim: 64, rotary_dim: 64, pairs: "half" };
      const given = { ...shape, ...core.table({ ...shape, mechanism: "none", rope_theta: 1e4 }), ...core.vectors({ ...shape, family: "gaussian", seed: 5, n_k: 1 }) };
      const out = [];
      for (const scale of [1, 100, 1e-4])
        for (const dtype of rounding.names) {
          const cell = core.measure({ ...given, score_scale: scale, contexts: [3000], dtypes: [dtype], events: ["position_aliasing"] })[0].single[0].position_aliasing;
          const seen = new Map();
          for (const v of core.scores({ ...given, score_scale: scale, from: 0, n: 3000 })) {
            const r = rounding.to(dtype, v) + 0;
            seen.set(r, (seen.get(r) || 0) + 1);
          }
          out.push([dtype + " " + scale, cell.pairs, [...seen.values()].reduce((a, n) => a + (n * (n - 1)) / 2, 0)]);
        }
      return out;
    });
    for (const [what, core, drawn] of both) assert.equal(drawn, core, what);
    assert.ok(both.some(([, n]) => n > 100000) && both.some(([, n]) => n === 0));
    await page.close_();
  },

  async "the slider, the keyboard and the link reach the same state"() {
    const page = await open();
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip to the settings/);
    await page.keyboard.press("Enter");
    for (let i = 0; i < 8 && (await page.evaluate(() => document.activeElement.id)) !== "base-slider"; i++) await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "base-slider");
    const before = Number(await page.inputValue("#base"));
    for (const key of ["ArrowRight", "ArrowRight", "PageUp", "ArrowLeft"]) await page.keyboard.press(key);
    await counted(page);
    const after = Number(await page.inputValue("#base"));
    assert.ok(after > before, `${before} to ${after}`);
    assert.equal(await page.getAttribute("#base-slider", "aria-valuetext"), after.toLocaleString("en-US"));
    assert.match(await page.textContent("#command"), new RegExp("--rope-theta " + after + " "));
    await sameAsCommand(page);
    assert.match(page.url(), new RegExp("#base=" + after + "$"));
    await dial(page, "context", 5000);
    const link = new URL(page.url()).hash, numbers = await shown(page);
    const again = await open({ hash: link });
    assert.deepEqual(await shown(again), numbers);
    await again.close_();
    for (const [id, key, to, words] of [["pair", "ArrowRight", "21", /^Pair 21 of 64 /], ["distance", "Home", "1", /At distance 1 it/], ["place", "End", "4999", null], ["seed", "ArrowRight", "2", null]]) {
      await page.evaluate(() => { document.querySelector(".more").open = true; });
      await page.locator(`#${id}-slider`).focus();
      await page.keyboard.press(key);
      await answered(page);
      assert.equal(await page.inputValue("#" + id), to, id);
      if (words) assert.match(await page.textContent("#pair-words"), words);
    }
    await dial(page, "head_dim", 32); /* fewer pairs than the chosen one */
    assert.equal(await page.inputValue("#pair"), "15");
    await dial(page, "head_dim", 128);
    await dial(page, "seed", 1);
    assert.deepEqual((await shown(page)).token_inversion, numbers.token_inversion);
    await page.getByRole("button", { name: "draw two places" }).focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press("Enter");
    assert.match(await page.locator("#inversion .shot .reading").textContent(), /Far has won [0-3] of 3 draws/);
    await page.getByRole("button", { name: "draw 100 times" }).click();
    const got = Number(/of 103 draws \((\d+)/.exec(await page.locator("#inversion .shot .reading").textContent())[1]) / 100;
    assert.ok(Math.abs(got - numbers.position_inversion.count / numbers.position_inversion.total) < 0.25, "draws " + got);
    await page.getByRole("button", { name: "reset all" }).click();
    await counted(page);
    assert.equal(await page.inputValue("#base"), "10000");
    assert.equal(new URL(page.url()).hash, "");
    await page.close_();
  },

  async "a link that means harm, and a number out of range, change nothing"() {
    const plain = await open(), numbers = await shown(plain);
    await plain.close_();
    const page = await open({ hash: "#base=<img src=x onerror=alert(1)>&context=-1&dtype=__proto__&scaling=constructor&vectors=toString&head_dim=3&seed=1e99&place=NaN&pair=1e9&distance=0x10&factor=Infinity&nothing=1" });
    assert.deepEqual(await shown(page), numbers);
    assert.equal(await page.locator("img").count(), 0);
    await page.fill("#context", "1000000000");
    await page.locator("#context").press("Tab");
    assert.match(await page.evaluate(() => document.getElementById("context").validationMessage), /between 2 and 131,072/);
    assert.deepEqual(await shown(page), numbers);
    await dial(page, "context", 1024);
    assert.equal(await page.evaluate(() => document.getElementById("context").validationMessage), "");
    await dial(page, "base", "1e12");
    assert.equal(await page.textContent(".alarm"), "");
    await page.close_();
  },

  async "every picture gives its data"() {
    const page = await open({ hash: "#context=2048" }), numbers = await shown(page);
    const names = [];
    for (const button of await page.getByRole("button", { name: /^data of/ }).all()) {
      const { name, text } = await chromium.download(page, button), rows = text.trim().split("\r\n");
      assert.match(name, /\.csv$/);
      names.push(name);
      if (name.includes("tokens-tie")) assert.equal(rows.length - 1, numbers.token_aliasing.count);
      if (name.includes("Lead")) assert.equal(rows.slice(1).filter((r) => Number(r.split(",")[1]) < 0).length, numbers.token_inversion.count);
      if (name.includes("Score-over-distance")) {
        const s = rows.slice(1).map((r) => Number(r.split(",")[1]));
        let inverted = 0;
        for (let far = 1024; far < 2048; far++) for (let near = 0; near < 1024; near++) inverted += s[far] > s[near];
        assert.equal(inverted, numbers.position_inversion.count);
      }
      if (name.includes("Wrong-order-over-context")) assert.equal(rows.find((r) => r.startsWith("2048,")).split(",")[1], String(numbers.position_inversion.count));
    }
    assert.ok(names.length >= 14, names.join());
    let pictures = 0;
    for (const button of await page.getByRole("button", { name: /^picture of/ }).all()) {
      const { name, text } = await chromium.download(page, button);
      assert.ok(name.endsWith(".svg") ? text.startsWith("<svg") && !text.includes("var(") && !/href="(?!#)/.test(text) : name.endsWith(".png") && text.slice(1, 4) === "PNG", name);
      pictures++;
    }
    assert.equal(pictures, names.length);
    await page.close_();
  },

  async "it counts without a worker, and says so where it cannot"() {
    const alone = await open({ hash: "#context=512", before: () => { globalThis.Worker = class { constructor() { throw new Error("none here"); } }; } });
    await sameAsCommand(alone);
    await alone.close_();
    const old = await chromium.open(file, { before: () => { delete globalThis.WebAssembly; globalThis.Worker = undefined; } });
    await old.waitForFunction(() => document.querySelector(".alarm").textContent !== "");
    assert.match(await old.textContent(".alarm"), /^This cannot be counted: .*WebAssembly/);
    await old.close_();
  },

  async "axe finds nothing, in both themes and at the narrowest"() {
    for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 320]]) {
      const page = await open({ hash: "#context=1024&scaling=yarn", colorScheme, viewport: { width, height: 800 } });
      await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
      await chromium.accessible(page, colorScheme + width);
      await page.close_();
    }
  },

  async "it prints on A4 with its settings"() {
    const page = await open({ hash: "#context=1024", colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const seen = (css) => page.evaluate((c) => [...document.querySelectorAll(c)].filter((e) => getComputedStyle(e).display !== "none" && e.getClientRects().length).length, css);
    assert.equal(await seen(".panel,.tools"), 0);
    assert.equal(await seen("#chosen"), 1);
    assert.match(await page.textContent("#chosen"), /base 10,000, context 1,024/);
    const pdf = await page.pdf({ format: "A4", path: path.join(shots, "explore.pdf") });
    assert.ok(pdf.subarray(0, 5).toString() === "%PDF-" && (pdf.toString("latin1").match(/\/Type \/Page\b/g) || []).length >= 3);
    await page.close_();
  },

  async "screenshots at three widths in both themes"() {
    for (const width of [320, 1280, 2560])
      for (const colorScheme of ["light", "dark"]) {
        const page = await open({ colorScheme, viewport: { width, height: 900 } });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${width} ${colorScheme}: ${over} too wide`);
        await page.screenshot({ path: path.join(shots, `explore-${width}-${colorScheme}.png`), fullPage: true });
        if (width === 1280 && colorScheme === "light") { /* what README shows */
          await page.getByRole("button", { name: "draw 100 times" }).click();
          await page.setViewportSize({ width: 1280, height: 1140 });
          await page.evaluate(() => document.getElementById("h-inversion").scrollIntoView());
          await page.screenshot({ path: path.join(shots, "explore.png"), clip: { x: 60, y: 0, width: 1160, height: 1140 } });
        }
        await page.close_();
      }
  },
});
await chromium.close();
process.exit(code);
