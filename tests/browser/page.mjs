// page.mjs - a browser for the tests of pages: whatever a page says, asks for or throws is a fault.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function launch(browser, modules, wait) {
  const require = createRequire(path.join(modules, "x.js"));
  const instance = await require("playwright-core").chromium.launch({ executablePath: browser, args: FLAGS });
  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

  /* A page from a file. */
  async function open(file, { hash = "", before, ...options } = {}) {
    const context = await instance.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    if (before) await context.addInitScript(before);
    const page = await context.newPage(), faults = [], address = "file://" + file;
    page.setDefaultTimeout(wait);
    page.on("console", (m) => faults.push("console: " + m.text()));
    page.on("pageerror", (e) => faults.push("error: " + e.message));
    page.on("dialog", (d) => { faults.push("dialog: " + d.message()); d.dismiss(); });
    page.on("request", (r) => {
      const url = r.url().split("#")[0];
      if (url !== address && !/^(data:|blob:(file|null))/.test(url)) faults.push("request: " + r.url());
    });
    await page.goto(address + hash);
    page.close_ = async () => {
      assert.deepEqual(faults, [], file);
      await context.close();
    };
    return page;
  }

  async function accessible(page, what) {
    const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map((e) => e.id));
    assert.equal(new Set(ids).size, ids.length, "two elements of one name: " + ids.filter((id, i) => ids.indexOf(id) < i).join());
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map((v) => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " +
      n.failureSummary.replace(/\s+/g, " ").slice(0, 200)).join("; ")), [], what);
  }

  /* What a press of a button downloads. */
  async function download(page, button) {
    const label = await button.getAttribute("aria-label");
    const [got] = await Promise.all([page.waitForEvent("download").catch(() => assert.fail("no file: " + label)), button.click()]);
    await page.waitForTimeout(110); /* Chromium drops what comes faster */
    return { name: got.suggestedFilename(), text: fs.readFileSync(await got.path(), "utf8") };
  }

  return { open, accessible, download, close: () => instance.close() };
}

/* Each check by its name; the exit code says whether all passed. */
export async function run(checks) {
  let bad = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
    try {
      await check();
      console.log(`ok ${name}`);
    } catch (e) {
      bad++;
      console.log(`FAILED ${name}\n${e.stack || e}`);
    }
  }
  return bad ? 1 : 0;
}
